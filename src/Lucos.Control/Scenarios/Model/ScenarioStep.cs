using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>One step of a scenario. The hierarchy is closed.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
public abstract record ScenarioStep(SourcePosition Position, ulong Budget);
