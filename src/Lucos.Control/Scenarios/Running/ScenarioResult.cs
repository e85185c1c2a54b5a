namespace Lucos.Control.Scenarios.Running;

/// <summary>How a scenario came out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Seed">The seed it ran with.</param>
/// <param name="Steps">Its steps, up to the first that failed.</param>
/// <param name="PlannedSteps">Steps it has.</param>
public sealed record ScenarioResult(string Name, ulong Seed, IReadOnlyList<StepResult> Steps, int PlannedSteps)
{
    /// <summary>Whether all steps passed.</summary>
    public bool Passed => Steps.Count == PlannedSteps && Steps.All(s => s.Problems.Count == 0);
}
