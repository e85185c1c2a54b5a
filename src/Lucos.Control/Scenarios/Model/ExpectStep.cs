using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Judge the guest and the Update Server.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Uname">Effective version, or null.</param>
/// <param name="Booted">Booted version, or null.</param>
/// <param name="Status">State names by update.</param>
/// <param name="Moved">Moved contexts by update.</param>
/// <param name="Memory">Name under which the memory was remembered that the kernel's must equal, or null.</param>
/// <param name="History">Texts that entries of the history contain, in order.</param>
public sealed record ExpectStep(
    SourcePosition Position,
    ulong Budget,
    string? Uname,
    string? Booted,
    IReadOnlyList<KeyValuePair<string, string>> Status,
    IReadOnlyList<KeyValuePair<string, int>> Moved,
    string? Memory,
    IReadOnlyList<string> History)
    : ScenarioStep(Position, Budget);
