namespace Lucos.Unicorn;

/// <summary>A segment, task or descriptor-table register with its hidden part.</summary>
/// <param name="Selector">Selector; 0 for GDT and IDT.</param>
/// <param name="Base">Linear base address.</param>
/// <param name="Limit">Limit in bytes, last valid offset.</param>
/// <param name="Flags">Bits 8..23 of the descriptor's second double word (Intel SDM vol. 3 figure 3-8).</param>
public readonly record struct SegmentRegister(ushort Selector, ulong Base, uint Limit, uint Flags);
