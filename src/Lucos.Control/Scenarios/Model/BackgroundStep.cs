using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Start a command in the background.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Name">What the scenario calls it.</param>
/// <param name="Command">The command.</param>
public sealed record BackgroundStep(SourcePosition Position, ulong Budget, string Name, string Command) : ScenarioStep(Position, Budget);
