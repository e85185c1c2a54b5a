using System.Runtime.InteropServices;
using Lucos.Control.Guests;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Recording;

/// <summary>
/// A guest on its way along a record: runs from entry to entry, and gets the recorded inputs. A point of the way can be kept, and gone on
/// from with a guest of its own.
/// </summary>
internal sealed class ReplayCourse : IDisposable
{
    private readonly Record _record;
    private readonly List<ulong> _breakpoints;
    private ulong _expectedTo;

    /// <summary>Begins at the beginning.</summary>
    internal ReplayCourse(Record record, VmmGuest guest)
    {
        _record = record;
        _breakpoints = [];
        Guest = guest;
    }

    private ReplayCourse(Record record, Point point)
    {
        _record = record;
        _breakpoints = [.. point.Breakpoints];
        Guest = (VmmGuest)point.Snapshot.Fork();
        Index = point.Index;
        Stops = point.Stops;
        _breakpoints.ForEach(Guest.AddBreakpoint);
    }

    internal VmmGuest Guest { get; }

    /// <summary>How many entries lie behind.</summary>
    internal int Index { get; private set; }

    /// <summary>The entry that comes next; null behind the last.</summary>
    internal RecordEntry? Next => Index < _record.Entries.Count ? _record.Entries[Index] : null;

    /// <summary>Recorded breakpoints met so far.</summary>
    internal ulong Stops { get; private set; }

    /// <summary>A breakpoint that is not the record's.</summary>
    internal ulong? OwnBreakpoint { get; set; }

    /// <summary>Whether the input that was done last had the effect that it had when it was recorded.</summary>
    internal bool InputHadEffect { get; private set; } = true;

    /// <summary>How the guest stopped last.</summary>
    internal GuestStop Last { get; private set; } = new(GuestStopKind.Limit);

    /// <summary>Whether digests of blocks are compared where the record has them.</summary>
    internal bool Compares { get; private set; } = true;

    internal bool IsAtOwnBreakpoint => Last.Kind == GuestStopKind.Breakpoint && OwnBreakpoint == Guest.InstructionPointer;

    /// <summary>The first block that is not as recorded, when the last stop was that.</summary>
    internal bool IsOffTrail => Last.Kind == GuestStopKind.OffTrail;

    internal RecordPosition Position => new(Guest.Blocks, Guest.VirtualNanoseconds, Stops);

    public void Dispose() => Guest.Dispose();

    /// <summary>Runs toward a place.</summary>
    /// <param name="target">The place; it may be passed by when it is not the next entry's.</param>
    /// <param name="most">Most blocks to run.</param>
    internal void Step(RecordPosition target, ulong most)
    {
        var end = Math.Min(target.Blocks, Guest.Blocks + Math.Min(most, ulong.MaxValue - Guest.Blocks));
        if (Compares && end > Guest.Blocks)
        {
            end = Math.Min(end, ExpectAhead(end));
        }

        // An idle guest's time moves on without blocks, so behind the last block the limit is the time.
        Last = end > Guest.Blocks ? Guest.Run(end - Guest.Blocks) : Guest.RunTo(target.Time);
        Stops += Last.Kind == GuestStopKind.Breakpoint && !IsAtOwnBreakpoint ? 1UL : 0;
        if (IsOffTrail && Guest.Blocks >= _expectedTo)
        {
            // Nothing is known of this block: it was compared with what was there before.
            Guest.Machine.Trail?.Expect(0, []);
            Last = new GuestStop(GuestStopKind.Limit);
        }
    }

    /// <summary>Goes behind the next entry, which is at this place; an input is done.</summary>
    internal void Pass()
    {
        Do(_record.Entries[Index++]);
    }

    /// <summary>Ends the comparison of digests.</summary>
    internal void StopComparing()
    {
        Compares = false;
        Guest.Machine.Trail?.Expect(0, []);
    }

    /// <summary>Compares digests again.</summary>
    internal void Compare()
    {
        Compares = true;
        _expectedTo = 0;
    }

    /// <summary>Has the guest stop in front of a block that is the next one, or the one behind that.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="before">The digest of the block before it.</param>
    /// <param name="other">A digest that the block has not.</param>
    internal void StopInFrontOf(ulong block, ushort before, ushort other)
    {
        Guest.Machine.Trail!.Expect(block - 1, [before, other]);
        Compares = false;
        _expectedTo = ulong.MaxValue;
    }

    /// <summary>Runs to the block that <see cref="StopInFrontOf"/> named, with the inputs on the way.</summary>
    /// <returns>Whether it got there.</returns>
    internal bool TryRunToStop(CancellationToken cancel)
    {
        do
        {
            cancel.ThrowIfCancellationRequested();
            while (Next is { } entry && entry.At == Position)
            {
                Pass();
            }

            var before = Position;
            Step(Next?.At ?? before with { Blocks = ulong.MaxValue }, most: 1);
            if (!Last.CanRunOn || (Position == before && !IsOffTrail && Last.Kind != GuestStopKind.Breakpoint))
            {
                return false;
            }
        }
        while (!IsOffTrail);
        return true;
    }

    /// <summary>Keeps this point, or nothing when no snapshot can be taken here.</summary>
    internal Point? Keep()
    {
        try
        {
            return new Point(Guest.TakeSnapshot(), Index, Stops, [.. _breakpoints]);
        }
        catch (SnapshotException)
        {
            return null;
        }
    }

    /// <summary>Goes on from a point with another guest.</summary>
    internal ReplayCourse From(Point point) => new(_record, point);

    /// <summary>Runs a guest that agrees with its record up to a number of blocks, with all inputs that come before.</summary>
    /// <returns>Whether it got there.</returns>
    internal bool TryRunTo(ulong blocks, CancellationToken cancel)
    {
        while (Next is { } entry && entry.At.Blocks < blocks)
        {
            if (!TryRunTo(entry.At, cancel))
            {
                return false;
            }

            Pass();
        }

        return TryRunTo(Position with { Blocks = blocks }, cancel, blocksOnly: true);
    }

    /// <summary>Runs on behind a divergence: inputs are done at their block, or behind it.</summary>
    internal void RunLoosely(RecordEntry end, CancellationToken cancel)
    {
        StopComparing();
        for (; Next is { } entry && entry != end && Last.CanRunOn; Pass())
        {
            RunLoosely(entry.At, cancel);
        }

        RunLoosely(end.At, cancel);
    }

    private void RunLoosely(RecordPosition target, CancellationToken cancel)
    {
        while (Guest.Blocks < target.Blocks && Last.CanRunOn)
        {
            cancel.ThrowIfCancellationRequested();
            Step(target, GuestHost.Slice);
        }
    }

    private bool TryRunTo(RecordPosition target, CancellationToken cancel, bool blocksOnly = false)
    {
        while (blocksOnly ? Guest.Blocks < target.Blocks : Position != target)
        {
            cancel.ThrowIfCancellationRequested();
            var before = Position;
            Step(target, GuestHost.Slice);
            if (!Last.CanRunOn || IsOffTrail || Position == before || Guest.Blocks > target.Blocks)
            {
                return false;
            }
        }

        return true;
    }

    private ulong ExpectAhead(ulong end)
    {
        if (Guest.Machine.Trail is not { } trail)
        {
            return end;
        }

        if (Guest.Blocks >= _expectedTo && NextTrail() is { } next)
        {
            trail.Expect(next.First, MemoryMarshal.Cast<byte, ushort>(next.Digests));
            _expectedTo = next.At.Blocks;
        }

        if (Guest.Blocks >= _expectedTo)
        {
            trail.Expect(0, []);
            return end;
        }

        return _expectedTo;
    }

    private RecordEntry.Trail? NextTrail()
    {
        for (var i = Index; i < _record.Entries.Count; i++)
        {
            if (_record.Entries[i] is RecordEntry.Trail trail && trail.At.Blocks > Guest.Blocks)
            {
                return trail;
            }
        }

        return null;
    }

    private void Do(RecordEntry entry)
    {
        switch (entry)
        {
            case RecordEntry.Typed typed:
                Guest.Type(typed.Bytes);
                break;
            case RecordEntry.Submitted submitted:
                Guest.Submit(submitted.Request, submitted.Name, submitted.Package, submitted.VerifyCoherence);
                break;
            case RecordEntry.Withdrawn withdrawn:
                InputHadEffect = Guest.Withdraw(withdrawn.Request);
                break;
            case RecordEntry.Breakpoint { IsSet: true } breakpoint:
                Guest.AddBreakpoint(breakpoint.Address);
                _breakpoints.Add(breakpoint.Address);
                break;
            case RecordEntry.Breakpoint breakpoint:
                Guest.RemoveBreakpoint(breakpoint.Address);
                _breakpoints.Remove(breakpoint.Address);
                break;
            default:
                return;
        }

        Guest.Machine.InputPosition++;
    }

    /// <summary>A point of the way.</summary>
    internal sealed record Point(IGuestSnapshot Snapshot, int Index, ulong Stops, IReadOnlyList<ulong> Breakpoints) : IDisposable
    {
        internal ulong Blocks => Snapshot.Blocks;

        public void Dispose() => Snapshot.Dispose();
    }
}
