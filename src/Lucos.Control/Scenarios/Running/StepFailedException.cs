namespace Lucos.Control.Scenarios.Running;

/// <summary>A step did not come out as the scenario says.</summary>
internal sealed class StepFailedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StepFailedException(IReadOnlyList<string> problems)
        : base(string.Join("; ", problems))
    {
        Problems = problems;
    }

    /// <summary>Makes the exception.</summary>
    public StepFailedException(string problem)
        : this([problem])
    {
    }

    /// <summary>In what the step fell short.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Ends the step if there are problems.</summary>
    /// <param name="problems">The problems.</param>
    public static void ThrowIfAny(IEnumerable<string> problems)
    {
        var all = problems.ToList();
        if (all.Count > 0)
        {
            throw new StepFailedException(all);
        }
    }
}
