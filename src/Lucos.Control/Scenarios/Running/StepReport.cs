using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Scenarios.Running;

/// <summary>What a step says of itself while it runs.</summary>
internal sealed class StepReport
{
    /// <summary>Begins the report of a step.</summary>
    public StepReport(ScenarioStep step) => Title = step.GetType().Name.Replace("Step", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>What was done and how it ended.</summary>
    public string Title { get; set; }

    /// <summary>What was seen.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>In what it fell short.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Adds a text's lines, without the empty ones at its end.</summary>
    public void Show(string text)
    {
        var trimmed = text.TrimEnd();
        if (trimmed.Length > 0)
        {
            Lines.AddRange(trimmed.Split('\n').Select(l => l.TrimEnd()));
        }
    }
}
