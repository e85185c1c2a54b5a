using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu.Emulation;

namespace Lucos.Control.Recording;

/// <summary>Runs a recorded guest again: the same inputs at the same points, and each hash compared.</summary>
public sealed class Replayer : IDisposable
{
    private const ulong PointEvery = 1_000_000;
    private readonly Record _record;
    private readonly ReplayOptions _options;
    private readonly ReplayCourse _course;
    private readonly GuestFingerprint _fingerprint;
    private readonly RecordedMemory _memory = new();
    private readonly WriteWatch? _watch;
    private readonly CancellationToken _cancel;
    private readonly List<ReplayCourse.Point> _points = [];
    private ReplayCourse.Point? _memoryPoint;
    private RecordPosition _agreed;
    private Divergence? _inMemory;
    private ReplayResult? _diverged;
    private int _checks;

    /// <summary>Makes the guest again, up to its first instruction.</summary>
    /// <param name="record">What was recorded.</param>
    /// <param name="kernel">The recorded kernel.</param>
    /// <param name="options">How far to go.</param>
    /// <param name="cancel">Ends the replay at the next slice.</param>
    /// <exception cref="RecordException">The recorded guest can't be made on this machine; the message says why.</exception>
    public Replayer(Record record, KernelImage kernel, ReplayOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(options);
        _record = record;
        _options = options;
        _cancel = cancel;
        _course = new ReplayCourse(record, Make(record.Head, kernel));
        _fingerprint = new GuestFingerprint(Guest.Machine);
        _watch = options.StopAt is StopPoint.Write write ? new WriteWatch(Guest.Machine, write, kernel.Symbols) : null;
    }

    /// <summary>What the guest writes to its console.</summary>
    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput
    {
        add => Guest.ConsoleOutput += value;
        remove => Guest.ConsoleOutput -= value;
    }

    /// <summary>The guest, for a look at it where the replay stands.</summary>
    public VmmGuest Guest => _course.Guest;

    private RecordPosition Position => _course.Position;

    private GuestStop Last => _course.Last;

    /// <summary>The kernel of a record.</summary>
    /// <param name="head">The record's head.</param>
    /// <exception cref="RecordException">The image is damaged.</exception>
    public static KernelImage Kernel(RecordHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        try
        {
            return KernelImage.Parse(Record.Unpack(head.Kernel, "kernel"), (ulong)head.MemoryMiB << 20);
        }
        catch (ElfFormatException e)
        {
            throw new RecordException($"record-damaged: line 1: the kernel: {e.Message}", e);
        }
    }

    /// <summary>Replays up to the end of the record, to a stop point or to a divergence; again, goes on from there.</summary>
    /// <exception cref="OperationCanceledException">The replay was called off.</exception>
    public ReplayResult Run() => Run(_options.Until);

    /// <summary>The same, with another end.</summary>
    /// <param name="until">Stops at the first block boundary at or behind this block; null for the end of the record.</param>
    /// <exception cref="OperationCanceledException">The replay was called off.</exception>
    public ReplayResult Run(ulong? until)
    {
        if (_diverged is not null)
        {
            return _diverged;
        }

        if (_course.Index == 0 && _memoryPoint is null)
        {
            KeepMemoryPoint();
        }

        while (_course.Next is { } entry)
        {
            if (RunTo(entry.At, until) is { } early)
            {
                return early;
            }

            _course.Pass();
            if (Check(entry) is { } divergence)
            {
                return _diverged = Diverged(divergence);
            }

            _agreed = _inMemory is null ? entry.At : _agreed;
            KeepPoint(entry);
        }

        if (_inMemory is not null)
        {
            return _diverged = Diverged(_inMemory);
        }

        return Result(_record.IsComplete ? "end" : "truncated", RecordingGuest.Describe(Last));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _points.ForEach(p => p.Dispose());
        _memoryPoint?.Dispose();
        _course.Dispose();
    }

    private static VmmGuest Make(RecordHead head, KernelImage kernel)
    {
        var here = EmulatorCheck.Require();
        if (head.Emulator != here)
        {
            throw new RecordException($"other-emulator: recorded with {head.Emulator}, here is {here}: they may count other blocks");
        }

        try
        {
            return new VmmGuest(new MachineOptions
            {
                MemoryBytes = (ulong)head.MemoryMiB << 20,
                CpuCount = head.Cpus,
                Seed = head.Seed,
                KeepsTrail = head.IsExact,
                CommandLine = head.CommandLine,
                Kernel = kernel,
                Initramfs = Record.Unpack(head.Initramfs, "initramfs"),
            });
        }
        catch (BootException e)
        {
            throw new RecordException($"record-damaged: line 1: {e.Message}", e);
        }
    }

    // Goes on to a recorded position. Returns a result when it does not get there.
    private ReplayResult? RunTo(RecordPosition target, ulong? until)
    {
        while (Position != target)
        {
            _cancel.ThrowIfCancellationRequested();
            if (until <= Guest.Blocks)
            {
                return Result("until", "");
            }

            SetStopPoint();
            if (IsBeyond(target) || !Last.CanRunOn)
            {
                return _diverged = Diverged(_inMemory ?? Missed(target));
            }

            var before = Position;
            _course.Step(target, MostBlocks(until));
            if (_course.IsOffTrail)
            {
                return _diverged = OffTrail();
            }

            if (StopPointReached() is { } reached)
            {
                return reached;
            }

            if (Position == before && Last.CanRunOn)
            {
                return _diverged = Diverged(_inMemory ?? Missed(target));
            }
        }

        return null;
    }

    private bool IsBeyond(RecordPosition target) => Guest.Blocks > target.Blocks
        || (Guest.Blocks == target.Blocks && Guest.VirtualNanoseconds >= target.Time && _course.Stops >= target.Stops);

    private ulong MostBlocks(ulong? until)
    {
        var most = GuestHost.Slice;
        foreach (var bound in (ReadOnlySpan<ulong?>)[until, _options.StopAt is null ? null : _options.After])
        {
            most = bound is { } value && value > Guest.Blocks ? Math.Min(most, value - Guest.Blocks) : most;
        }

        return most;
    }

    private void SetStopPoint()
    {
        if (Guest.Blocks < _options.After)
        {
            return;
        }

        _watch?.TrySet();
        if (_options.StopAt is StopPoint.Entry entry && _course.OwnBreakpoint is null)
        {
            Guest.AddBreakpoint(entry.Address);
            _course.OwnBreakpoint = entry.Address;
        }
    }

    private ReplayResult? StopPointReached()
    {
        if (_watch?.Found is { } write)
        {
            return Result("stop-point", write);
        }

        return _course.IsAtOwnBreakpoint
            ? Result("stop-point", $"processor {Guest.CurrentProcessor} is about to execute 0x{Guest.InstructionPointer:x}\n{Guest.DescribeProcessor()}")
            : null;
    }

    // Compares what an entry that was passed says. In an exact record the search goes on behind memory that differs, for the block that loads it.
    private Divergence? Check(RecordEntry entry)
    {
        switch (entry)
        {
            case RecordEntry.Mark mark:
                return Check(mark.Hash == _fingerprint.Processors(), "registers or devices");
            case RecordEntry.Memory memory when _inMemory is null:
                _memory.Learn(memory);
                _inMemory = CheckMemory();
                return _record.Head.IsExact && _course.Compares ? null : _inMemory;
            case RecordEntry.Withdrawn withdrawn:
                return Check(_course.InputHadEffect, $"request {withdrawn.Request}, which was withdrawn when this was recorded, can't be withdrawn");
            case RecordEntry.Ended end:
                return Check(Last.CanRunOn || end.Reason == RecordingGuest.Describe(Last), $"the guest ended by {RecordingGuest.Describe(Last)}, recorded is {end.Reason}");
            default:
                return null;
        }
    }

    private Divergence? Check(bool holds, string what)
    {
        _checks += holds ? 1 : 0;
        return holds ? null : _inMemory ?? new Divergence(_agreed, Position, what, null, [], default);
    }

    private Divergence? CheckMemory()
    {
        IReadOnlyList<PageDifference> pages = _memory.Compare(Guest, _fingerprint, _record.Head.IsExact);
        if (pages.Count == 0)
        {
            return Check(true, "");
        }

        if (_memoryPoint is not null)
        {
            pages = new DivergenceSearch(_record, _course, _cancel).FindStores(_memoryPoint, pages, Guest.Blocks);
        }

        return new Divergence(_agreed, Position, "memory", null, pages, Position);
    }

    private Divergence Missed(RecordPosition target)
    {
        var what = Last.CanRunOn
            ? $"the record has an entry at {target}, which the replay passed by"
            : $"the guest ended by {RecordingGuest.Describe(Last)}; the record goes on to {target}";
        return new Divergence(_agreed, Position, what, null, [], default);
    }

    private ReplayResult OffTrail()
    {
        var at = Position;
        var points = _points.Append(_memoryPoint).OfType<ReplayCourse.Point>().OrderByDescending(p => p.Blocks);
        // What differed at a check of memory differs there whatever comes later.
        var (block, pages, pagesAt) = new DivergenceSearch(_record, _course, _cancel).Explain(points, _inMemory?.Pages, _memory, _fingerprint);
        var divergence = _inMemory is null
            ? new Divergence(at, at, "the next block, or the registers at its begin", block, pages, pagesAt)
            : _inMemory with { What = "memory, and from the block below on registers", Block = block };
        return new ReplayResult(divergence.Found, _checks, "diverged", divergence.ToString(), divergence);
    }

    // Which pages differ can be told where the record has hashes of RAM: the next such place is as near as it gets.
    private ReplayResult Diverged(Divergence divergence)
    {
        var next = _record.Entries.OfType<RecordEntry.Memory>().FirstOrDefault(m => m.At.Blocks >= divergence.Found.Blocks);
        if (divergence.Pages.Count == 0 && next is not null && Last.CanRunOn)
        {
            _course.RunLoosely(next, _cancel);
            _memory.Learn(next);
            divergence = divergence with { Pages = _memory.Compare(Guest, _fingerprint, _record.Head.IsExact), PagesAt = Position };
        }

        return new ReplayResult(divergence.Found, _checks, "diverged", divergence.ToString(), divergence);
    }

    // The guarded page of a store that is waited for belongs to this guest: forks could not run.
    private void KeepPoint(RecordEntry entry)
    {
        if (_watch is not null || _inMemory is not null || !Last.CanRunOn)
        {
            return;
        }

        if (entry is RecordEntry.Memory)
        {
            KeepMemoryPoint();
        }
        else if (_record.Head.IsExact && entry is RecordEntry.Mark && Guest.Blocks >= LastPoint + PointEvery)
        {
            KeepOld(_course.Keep());
        }
    }

    // A block that differs right behind the newest point is run up to from the one before it.
    private void KeepOld(ReplayCourse.Point? point)
    {
        if (point is null)
        {
            return;
        }

        _points.Add(point);
        if (_points.Count > 2)
        {
            _points[0].Dispose();
            _points.RemoveAt(0);
        }
    }

    private ulong LastPoint => Math.Max(_points.Count > 0 ? _points[^1].Blocks : 0, _memoryPoint?.Blocks ?? 0);

    private void KeepMemoryPoint()
    {
        if (_watch is null && _inMemory is null && (_memoryPoint is null || _memoryPoint.Blocks < Guest.Blocks) && _course.Keep() is { } point)
        {
            KeepOld(_memoryPoint);
            _memoryPoint = point;
        }
    }

    private ReplayResult Result(string reason, string detail) => new(Position, _checks, reason, detail, null);
}
