namespace Lucos.Vmm;

/// <summary>How far a run may go.</summary>
/// <param name="Blocks">At most so many blocks from here; null for no limit. Exact.</param>
/// <param name="Nanoseconds">At most so much virtual time from here; null for no limit. Met at the next block boundary.</param>
public sealed record RunLimits(ulong? Blocks = null, ulong? Nanoseconds = null)
{
    /// <summary>Until something happens.</summary>
    public static RunLimits None { get; } = new();

    /// <summary>At most <paramref name="blocks"/> blocks.</summary>
    public static RunLimits ForBlocks(ulong blocks) => new(Blocks: blocks);

    /// <summary>At most <paramref name="nanoseconds"/> of virtual time.</summary>
    public static RunLimits ForNanoseconds(ulong nanoseconds) => new(Nanoseconds: nanoseconds);
}
