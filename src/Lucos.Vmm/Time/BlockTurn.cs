namespace Lucos.Vmm.Time;

/// <summary>A processor began to run.</summary>
/// <param name="Block">Number of the first block that it runs.</param>
/// <param name="Cpu">Number of the processor.</param>
public readonly record struct BlockTurn(ulong Block, int Cpu);
