using System.Runtime.InteropServices;
using Lucos.Control.Guests;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>
/// Finds out where a difference came from: runs the part before it again from a point that was kept, observes the last block that agrees, and
/// compares memory with the record at its next check.
/// </summary>
internal sealed class DivergenceSearch(Record record, ReplayCourse course, CancellationToken cancel)
{
    private const int MostObservedPages = 64;

    // The digests of so many blocks can't agree by chance: one in 2^128.
    private const ulong TrialBlocks = 8;

    /// <summary>The guest stands in front of the first block that is not as recorded: what it is, and what led there.</summary>
    /// <param name="points">Points that were kept, the newest first.</param>
    /// <param name="known">Pages that differed at an earlier check of RAM, at which everything else agreed; null for none.</param>
    /// <param name="memory">What the record says of RAM.</param>
    /// <param name="fingerprint">Hashes the guest.</param>
    internal (DivergentBlock Block, IReadOnlyList<PageDifference> Pages, RecordPosition PagesAt) Explain(
        IEnumerable<ReplayCourse.Point> points, IReadOnlyList<PageDifference>? known, RecordedMemory memory, GuestFingerprint fingerprint)
    {
        var guest = course.Guest;
        var block = Describe(guest.Blocks + 1);
        var last = LastBlockOf(block.Cpu, block.Number);
        var point = points.FirstOrDefault(p => p.Blocks < last);
        using var again = point is null ? null : course.From(point);
        var before = again is null ? null : Observe(again, last, block.Number);
        if (before is { ComesAgain: false })
        {
            var differences = RecordedMemory.Compare(guest, again!.Guest);
            return (block with { Before = Judge(before, load => CameFrom(load, differences)) }, differences, course.Position);
        }

        if (known is not null)
        {
            return (block with { Before = Judge(before, load => CameFrom(load, known)) }, known, default);
        }

        if (record.Entries.Skip(course.Index).OfType<RecordEntry.Memory>().FirstOrDefault(m => m.At.Blocks >= block.Number) is not { } next)
        {
            return (block with { Before = before }, [], default);
        }

        course.RunLoosely(next, cancel);
        memory.Learn(next);
        var pages = memory.Compare(guest, fingerprint, isExact: true);
        return (block with { Before = Judge(before, load => MayComeFrom(load, pages, again!.Guest)) }, pages, course.Position);
    }

    /// <summary>Says which blocks stored to pages that differ at a check of RAM, since a point at which they agreed.</summary>
    /// <param name="point">The point.</param>
    /// <param name="pages">The pages.</param>
    /// <param name="until">Blocks at the check.</param>
    internal IReadOnlyList<PageDifference> FindStores(ReplayCourse.Point point, IReadOnlyList<PageDifference> pages, ulong until)
    {
        using var again = course.From(point);
        again.StopComparing();
        var observer = new PageStoreObserver(again.Guest);
        var observed = pages.Take(MostObservedPages).Select(p => new GuestPhysicalAddress(p.Address)).ToArray();
        again.Guest.Machine.Protection.Protect(observed, observer, StoreMethod.Emulate);
        return again.TryRunTo(until, cancel)
            ? [.. pages.Select(p => p with { FirstStore = observer.First(p.Address), LastStore = observer.Last(p.Address) })]
            : pages;
    }

    private DivergentBlock Describe(ulong number)
    {
        var guest = course.Guest;
        var rip = guest.InstructionPointer;
        return new DivergentBlock(number, guest.CurrentProcessor, TrailOf(number)?.CpuOf(number), rip, guest.DescribeCode(rip), null);
    }

    // Runs the last block of the processor that agrees under observation, and on to the one that differs.
    private BlockBefore? Observe(ReplayCourse again, ulong last, ulong number)
    {
        if (!TryStopInFrontOf(again, last))
        {
            return null;
        }

        using var front = again.Keep();
        var guest = again.Guest;
        var (cpu, rip) = (guest.CurrentProcessor, guest.InstructionPointer);
        List<BlockAccess> loads;
        List<BlockAccess> stores;
        using (var observer = new AccessObserver(guest.Machine))
        {
            if (!TryStopInFrontOf(again, last + 1))
            {
                return null;
            }

            (loads, stores) = (Tell(observer.Loads), Tell(observer.Stores));
        }

        if (last + 1 != number && !TryStopInFrontOf(again, number))
        {
            return null;
        }

        var comesAgain = Digest(guest, number) == Digest(course.Guest, number);
        if (comesAgain && front is not null && new ByteTrials(again, front, number + TrialBlocks, cancel).Find(loads) is { } found)
        {
            loads = [.. loads.Select(load => Covers(load, found) ? load with { Byte = found } : load)];
        }

        return new BlockBefore(last, cpu, rip, guest.DescribeCode(rip), loads, stores, comesAgain);
    }

    private static bool Covers(BlockAccess load, RecordedByte found) => found.Address >= load.Address && found.Address - load.Address < (ulong)load.Length;

    // A block is stopped in front of by a digest that it has not: behind the interrupts that are taken there.
    private bool TryStopInFrontOf(ReplayCourse again, ulong number)
    {
        if (again.Guest.Blocks + 2 < number)
        {
            again.Compare();
            if (!again.TryRunTo(number - 2, cancel))
            {
                return false;
            }
        }

        var recorded = DigestOf(number);
        var found = Digest(course.Guest, number);
        again.StopInFrontOf(number, DigestOf(number - 1), (ushort)Enumerable.Range(0, 3).First(digest => digest != recorded && digest != found));
        return again.TryRunToStop(cancel);
    }

    private ulong LastBlockOf(int cpu, ulong before)
    {
        var end = before - 1;
        foreach (var trail in record.Entries.OfType<RecordEntry.Trail>().Where(t => t.First <= end).Reverse())
        {
            for (var i = trail.Turns.Count - 1; i >= 0; i--)
            {
                if (trail.Turns[i] > end)
                {
                    continue;
                }

                if (trail.Cpus[i] == cpu)
                {
                    return end;
                }

                end = trail.Turns[i] - 1;
            }
        }

        return before - 1;
    }

    private List<BlockAccess> Tell(IEnumerable<(ulong Address, int Length)> pieces) =>
        [.. pieces.Select(p => new BlockAccess(p.Address, p.Length, course.Guest.DescribeMemory(p.Address), AccessEvidence.Unknown))];

    private static BlockBefore? Judge(BlockBefore? before, Func<BlockAccess, AccessEvidence> judge) =>
        before is null ? null : before with { Loads = [.. before.Loads.Select(load => load with { Evidence = load.Byte is null ? judge(load) : AccessEvidence.Source })] };

    private static AccessEvidence CameFrom(BlockAccess load, IReadOnlyList<PageDifference> pages) =>
        PartsUnder(load, pages).Any() ? AccessEvidence.Source : AccessEvidence.Agrees;

    // Behind the first different block memory goes on to differ. What the replay left as it was there says how it was there.
    private AccessEvidence MayComeFrom(BlockAccess load, IReadOnlyList<PageDifference> pages, VmmGuest atBlock)
    {
        var parts = PartsUnder(load, pages).ToList();
        if (parts.Count == 0)
        {
            return AccessEvidence.Agrees;
        }

        return parts.Exists(part => Bytes(course.Guest, load, part).SequenceEqual(Bytes(atBlock, load, part))) ? AccessEvidence.Likely : AccessEvidence.DiffersLater;
    }

    private static ReadOnlySpan<byte> Bytes(VmmGuest guest, BlockAccess load, PagePart part) =>
        guest.Machine.Memory.Span(new GuestPhysicalAddress(load.Page + (ulong)part.Start), part.End - part.Start);

    // Granule by granule: a part may be long, and the load touches a few bytes of it.
    private static IEnumerable<PagePart> PartsUnder(BlockAccess load, IReadOnlyList<PageDifference> pages)
    {
        var first = (int)(load.Address - load.Page) & ~(PageGranules.Size - 1);
        var end = (int)(load.Address - load.Page) + load.Length;
        var parts = pages.FirstOrDefault(p => p.Address == load.Page)?.Places ?? [];
        for (var start = first; start < end; start += PageGranules.Size)
        {
            var granule = new PagePart(start, start + PageGranules.Size);
            if (parts.Any(part => part.Start < granule.End && granule.Start < part.End))
            {
                yield return granule;
            }
        }
    }

    private static ushort Digest(VmmGuest guest, ulong block)
    {
        var digest = default(ushort);
        guest.Machine.Trail!.Read(block, new Span<ushort>(ref digest));
        return digest;
    }

    private ushort DigestOf(ulong block) => TrailOf(block) is { } trail
        ? MemoryMarshal.Cast<byte, ushort>(trail.Digests)[(int)(block - trail.First)]
        : throw new InvalidOperationException($"the record has no digest of block {block}");

    private RecordEntry.Trail? TrailOf(ulong block) =>
        record.Entries.OfType<RecordEntry.Trail>().FirstOrDefault(t => t.First <= block && block <= t.At.Blocks);
}
