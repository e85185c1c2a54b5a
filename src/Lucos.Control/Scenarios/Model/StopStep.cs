using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>End a background command by a signal and judge its last words.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Name">What the scenario calls it.</param>
/// <param name="Signal">TERM, INT or KILL.</param>
/// <param name="Exit">Exit status it must have.</param>
/// <param name="Counters">What its counters must be.</param>
public sealed record StopStep(SourcePosition Position, ulong Budget, string Name, string Signal, int Exit, IReadOnlyList<CounterExpectation> Counters)
    : ScenarioStep(Position, Budget);
