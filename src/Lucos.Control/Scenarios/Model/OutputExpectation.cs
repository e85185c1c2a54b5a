using System.Text.RegularExpressions;

namespace Lucos.Control.Scenarios.Model;

/// <summary>What a command's output must be like.</summary>
/// <param name="Contains">Texts that it must contain.</param>
/// <param name="Excludes">Texts that it must not contain.</param>
/// <param name="Matches">A regular expression that it must match, or null.</param>
/// <param name="Equal">What it must be apart from white space around it, or null.</param>
public sealed record OutputExpectation(IReadOnlyList<string> Contains, IReadOnlyList<string> Excludes, string? Matches, string? Equal)
{
    /// <summary>Everything in which an output falls short.</summary>
    /// <param name="output">The output.</param>
    public IEnumerable<string> Judge(string output)
    {
        foreach (var text in Contains.Where(t => !output.Contains(t, StringComparison.Ordinal)))
        {
            yield return $"the output doesn't contain '{text}'";
        }

        foreach (var text in Excludes.Where(t => output.Contains(t, StringComparison.Ordinal)))
        {
            yield return $"the output contains '{text}'";
        }

        if (Matches is not null && !Regex.IsMatch(output, Matches, RegexOptions.NonBacktracking | RegexOptions.Multiline))
        {
            yield return $"the output doesn't match /{Matches}/";
        }

        if (Equal is not null && output.Trim() != Equal.Trim())
        {
            yield return $"the output is not '{Equal.Trim()}'";
        }
    }
}
