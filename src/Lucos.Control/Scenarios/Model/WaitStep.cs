using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Let the guest run until a moment.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Until">The moment.</param>
public sealed record WaitStep(SourcePosition Position, ulong Budget, Moment Until) : ScenarioStep(Position, Budget);
