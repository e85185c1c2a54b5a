namespace Lucos.Control.Recording;

/// <summary>How often a recording notes hashes.</summary>
/// <param name="MarkEvery">Blocks between two hashes of processors and devices; a divergence is found at the first of them that differs.</param>
/// <param name="MemoryEvery">Blocks between two hashes of RAM: 6 ms each for 64 MiB.</param>
/// <param name="IsExact">Whether a digest of every block is noted too (two bytes a block), by which a replay finds the first block that differs.</param>
public sealed record RecordOptions(ulong MarkEvery = 100_000, ulong MemoryEvery = 5_000_000, bool IsExact = false);
