namespace Lucos.Control.Recording;

/// <summary>The first block that is not as recorded: another one, or begun with other registers.</summary>
/// <param name="Number">Its number, counted from 1.</param>
/// <param name="Cpu">The processor that is about to run it in the replay.</param>
/// <param name="RecordedCpu">The processor that ran the recorded block of this number; null when that is not known.</param>
/// <param name="Address">Its guest-virtual address in the replay.</param>
/// <param name="Function">What that is.</param>
/// <param name="Before">What the block before it on that processor did, from which the difference comes; null when it could not be run again.</param>
public sealed record DivergentBlock(ulong Number, int Cpu, int? RecordedCpu, ulong Address, string? Function, BlockBefore? Before);
