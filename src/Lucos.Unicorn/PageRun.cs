namespace Lucos.Unicorn;

/// <summary>Pages that follow each other.</summary>
/// <param name="Start">Number of the first.</param>
/// <param name="End">Number behind the last.</param>
internal readonly record struct PageRun(ulong Start, ulong End);
