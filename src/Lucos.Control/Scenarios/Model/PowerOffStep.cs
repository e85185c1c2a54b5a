using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Power the guest off from its shell.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
public sealed record PowerOffStep(SourcePosition Position, ulong Budget) : ScenarioStep(Position, Budget);
