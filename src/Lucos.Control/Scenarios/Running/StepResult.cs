using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Running;

/// <summary>How one step came out. The same for every run of the same scenario, guest and seed.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Position">Where in the file.</param>
/// <param name="Title">What was done and how it ended.</param>
/// <param name="Lines">What was seen.</param>
/// <param name="Problems">In what it fell short; empty if it passed.</param>
/// <param name="Blocks">Guest blocks it took.</param>
public sealed record StepResult(int Number, SourcePosition Position, string Title, IReadOnlyList<string> Lines, IReadOnlyList<string> Problems, ulong Blocks);
