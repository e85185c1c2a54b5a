using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Type text on the console.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Text">The text.</param>
public sealed record SendStep(SourcePosition Position, ulong Budget, string Text) : ScenarioStep(Position, Budget);
