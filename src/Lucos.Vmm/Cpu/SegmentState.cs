namespace Lucos.Vmm.Cpu;

/// <summary>A segment, task or descriptor-table register with its hidden part.</summary>
/// <param name="Selector">Selector; 0 for GDT and IDT.</param>
/// <param name="Base">Linear base address.</param>
/// <param name="Limit">Last valid offset.</param>
/// <param name="Attributes">Bits 8..23 of the descriptor's second double word (Intel SDM vol. 3 figure 3-8).</param>
public readonly record struct SegmentState(ushort Selector, ulong Base, uint Limit, uint Attributes);
