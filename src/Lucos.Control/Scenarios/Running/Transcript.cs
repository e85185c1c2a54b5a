using System.Text;

namespace Lucos.Control.Scenarios.Running;

/// <summary>
/// A scenario's result as text to be compared as a whole. Block counts are left out: every change of the kernel moves them.
/// </summary>
public static class Transcript
{
    /// <summary>Renders a result.</summary>
    /// <param name="result">The result.</param>
    public static string Render(ScenarioResult result)
    {
        var text = new StringBuilder().Append(result.Name).Append(", seed ").Append(result.Seed).Append('\n');
        foreach (var step in result.Steps)
        {
            text.Append(step.Problems.Count == 0 ? "ok " : "FAILED ").Append(step.Number).Append(' ').Append(step.Title).Append('\n');
            foreach (var line in step.Lines)
            {
                text.Append("   | ").Append(line).Append('\n');
            }

            foreach (var problem in step.Problems)
            {
                text.Append("   ! ").Append(problem).Append('\n');
            }
        }

        var left = result.PlannedSteps - result.Steps.Count;
        text.Append(result.Passed ? "passed" : left == 0 ? "failed" : $"failed, {left} steps not run").Append('\n');
        return text.ToString();
    }
}
