using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Remember the kernel's text and read-only data.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Name">Under what name.</param>
public sealed record RememberStep(SourcePosition Position, ulong Budget, string Name) : ScenarioStep(Position, Budget);
