namespace Lucos.Vmm.Time;

/// <summary>
/// A digest of each of the last blocks (<see cref="Capacity"/>): 16 bits that follow from the block's address, the general registers at its begin and the processor.
/// Blocks are numbered from 1, as <see cref="VirtualClock.Blocks"/> counts them. A digest that differs from an expected one ends the run in
/// front of its block, with <see cref="MachineStop.TrailDiffers"/>.
/// </summary>
public interface IBlockTrail
{
    /// <summary>How many of the last blocks have their digests here.</summary>
    int Capacity { get; }

    /// <summary>Copies digests, oldest first. Blocks that never ran have any.</summary>
    /// <param name="first">Number of the first block.</param>
    /// <param name="digests">Takes as many as it is long.</param>
    void Read(ulong first, Span<ushort> digests);

    /// <summary>Which processor ran, from which block on, since the last call. The first entry says which ran before.</summary>
    IReadOnlyList<BlockTurn> TakeTurns();

    /// <summary>
    /// Has the digests of some blocks compared from now on, and no others. Whoever lets the machine run beyond the last of them gets a stop
    /// there, or none.
    /// </summary>
    /// <param name="first">Number of the first block.</param>
    /// <param name="digests">What is expected, at most <see cref="Capacity"/>; none ends the comparison.</param>
    void Expect(ulong first, ReadOnlySpan<ushort> digests);
}
