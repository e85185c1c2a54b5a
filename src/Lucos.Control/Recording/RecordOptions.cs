namespace Lucos.Control.Recording;

/// <summary>How often a recording notes hashes.</summary>
/// <param name="MarkEvery">Blocks between two hashes of processors and devices; a divergence is found at the first of them that differs.</param>
/// <param name="MemoryEvery">Blocks between two hashes of RAM: 6 ms each for 64 MiB.</param>
public sealed record RecordOptions(ulong MarkEvery = 100_000, ulong MemoryEvery = 5_000_000);
