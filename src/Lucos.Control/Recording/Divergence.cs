using System.Globalization;

namespace Lucos.Control.Recording;

/// <summary>Where a replay went another way than its record.</summary>
/// <param name="Agreed">The last point at which both were found equal.</param>
/// <param name="Found">The first point at which they were found to differ.</param>
/// <param name="What">What differs there.</param>
/// <param name="Pages">Physical addresses of the pages that differ, at <paramref name="PagesAt"/>; empty when memory could not be compared.</param>
/// <param name="PagesAt">Where memory was compared.</param>
public sealed record Divergence(RecordPosition Agreed, RecordPosition Found, string What, IReadOnlyList<ulong> Pages, RecordPosition PagesAt)
{
    private const int MostPages = 16;

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = $"the replay agrees with its record up to {Agreed} and differs at {Found}: {What}";
        if (Pages.Count == 0)
        {
            return text;
        }

        var named = string.Join(", ", Pages.Take(MostPages).Select(p => string.Create(CultureInfo.InvariantCulture, $"0x{p:x}")));
        var more = Pages.Count > MostPages ? string.Create(CultureInfo.InvariantCulture, $" and {Pages.Count - MostPages} more") : "";
        return $"{text}; pages of physical memory that differ at {PagesAt}: {named}{more}";
    }
}
