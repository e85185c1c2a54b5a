using System.Globalization;
using System.Text;

namespace Lucos.Control.Recording;

/// <summary>Where a replay went another way than its record.</summary>
/// <param name="Agreed">The last point at which both were found equal.</param>
/// <param name="Found">The first point at which they were found to differ.</param>
/// <param name="What">What differs there.</param>
/// <param name="Block">The first block that differs; null where the record doesn't tell, or nothing came into a register.</param>
/// <param name="Pages">The pages of physical memory that differ, at <paramref name="PagesAt"/>; empty when memory could not be compared.</param>
/// <param name="PagesAt">Where memory was compared.</param>
public sealed record Divergence(
    RecordPosition Agreed, RecordPosition Found, string What, DivergentBlock? Block, IReadOnlyList<PageDifference> Pages, RecordPosition PagesAt)
{
    private const int MostPages = 16;

    /// <summary>The pages that the difference is shown to have come from, ascending.</summary>
    public IReadOnlyList<ulong> Sources =>
        [.. (Block?.Before?.Loads ?? []).Where(l => l.Evidence == AccessEvidence.Source).Select(l => l.Page).Distinct().Order()];

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder($"the replay agrees with its record up to {Agreed} and differs at {Found}: {What}");
        if (Block is not null)
        {
            Append(text, Block);
        }

        AppendPages(text);
        return text.ToString();
    }

    private static void Append(StringBuilder text, DivergentBlock block)
    {
        var recorded = block.RecordedCpu is { } cpu && cpu != block.Cpu ? $" (in the record processor {cpu})" : "";
        text.Append(CultureInfo.InvariantCulture, $"\nfirst different block: {block.Number}, processor {block.Cpu}{recorded}, at 0x{block.Address:x} ({block.Function ?? "?"})");
        if (block.Before is not { } before)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\nblock before it on that processor: {before.Number}, processor {before.Cpu}, at 0x{before.Address:x} ({before.Function ?? "?"})");
        foreach (var load in before.Loads)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  loaded {Describe(load)}: {Words(load)}");
        }

        foreach (var store in before.Stores)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  stored {Describe(store)}");
        }

        if (!before.ComesAgain)
        {
            text.Append("\nrun again from the point before, the replay agreed with the record: something changed the guest from outside, or the emulator is not repeatable");
        }
    }

    private void AppendPages(StringBuilder text)
    {
        if (Pages.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\npages of physical memory that differ at {PagesAt}: {Pages.Count}");
        foreach (var page in Pages.Take(MostPages))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  0x{page.Address:x}{string.Concat(page.Places.Take(MostPages).Select(p => $" {p}"))}");
            text.Append(page.Holds is null ? "" : $" ({page.Holds})");
            text.Append(page.FirstStore is null ? "" : $"; stored to first by {page.FirstStore}, last by {page.LastStore}");
        }

        if (Pages.Count > MostPages)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  and {Pages.Count - MostPages} more");
        }
    }

    private static string Describe(BlockAccess access) => string.Create(
        CultureInfo.InvariantCulture, $"{access.Length} bytes at 0x{access.Address:x} of page 0x{access.Page:x}{(access.Holds is null ? "" : $" ({access.Holds})")}");

    private static string Words(BlockAccess load) => load.Evidence switch
    {
        AccessEvidence.Source => "the difference came from this page" + (load.Byte is null ? "" : $": {load.Byte}"),
        AccessEvidence.Likely => "the record differs here at the next check of memory, and the replay has not stored to it since",
        AccessEvidence.DiffersLater => "the record differs here at the next check of memory, where both may have stored since",
        AccessEvidence.Agrees => "agrees at the next check of memory",
        _ => "not compared",
    };
}
