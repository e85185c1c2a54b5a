namespace Lucos.Elf;

/// <summary>How much a reader accepts, so that hostile input costs bounded time and memory.</summary>
/// <param name="MaxSections">Most sections.</param>
/// <param name="MaxSegments">Most program headers.</param>
/// <param name="MaxSymbols">Most symbols.</param>
/// <param name="MaxNameLength">Longest name of a section or symbol, in bytes.</param>
public sealed record ElfLimits(int MaxSections = 60_000, int MaxSegments = 1024, int MaxSymbols = 4_000_000, int MaxNameLength = 512);
