using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Start the guest and wait for its prompt.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
public sealed record BootStep(SourcePosition Position, ulong Budget) : ScenarioStep(Position, Budget);
