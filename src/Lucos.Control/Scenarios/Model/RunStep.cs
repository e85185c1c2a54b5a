using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Control.Scenarios.Model;

/// <summary>Run a command in the guest's shell and judge it.</summary>
/// <param name="Position">Where in the file.</param>
/// <param name="Budget">Guest blocks after which the step is given up.</param>
/// <param name="Command">The command.</param>
/// <param name="Exit">Exit status it must have.</param>
/// <param name="Output">What its output must be like.</param>
public sealed record RunStep(SourcePosition Position, ulong Budget, string Command, int Exit, OutputExpectation Output)
    : ScenarioStep(Position, Budget);
