using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu.Emulation;

namespace Lucos.Control.Recording;

/// <summary>Runs a recorded guest again: the same inputs at the same points, and each hash compared.</summary>
public sealed class Replayer : IDisposable
{
    private readonly Record _record;
    private readonly ReplayOptions _options;
    private readonly VmmGuest _guest;
    private readonly GuestFingerprint _fingerprint;
    private readonly Dictionary<uint, ulong> _expectedPages = [];
    private readonly WriteWatch? _watch;
    private readonly CancellationToken _cancel;
    private RecordPosition _agreed;
    private GuestStop _last = new(GuestStopKind.Limit);
    private bool _entryIsSet;
    private ulong _stops;
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
        _guest = Make(record.Head, kernel);
        _fingerprint = new GuestFingerprint(_guest.Machine);
        _watch = options.StopAt is StopPoint.Write write ? new WriteWatch(_guest.Machine, write, kernel.Symbols) : null;
    }

    /// <summary>What the guest writes to its console.</summary>
    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput
    {
        add => _guest.ConsoleOutput += value;
        remove => _guest.ConsoleOutput -= value;
    }

    /// <summary>The guest, for a look at it where the replay ended.</summary>
    public VmmGuest Guest => _guest;

    private RecordPosition Position => new(_guest.Blocks, _guest.VirtualNanoseconds, _stops);

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

    /// <summary>Replays up to the end of the record, to a stop point or to a divergence.</summary>
    /// <exception cref="OperationCanceledException">The replay was called off.</exception>
    public ReplayResult Run()
    {
        foreach (var entry in _record.Entries)
        {
            if (RunTo(entry.At) is { } early)
            {
                return early;
            }

            if (Apply(entry) is { } divergence)
            {
                return Diverged(divergence);
            }

            _agreed = entry.At;
        }

        return Result(_record.IsComplete ? "end" : "truncated", RecordingGuest.Describe(_last));
    }

    /// <inheritdoc/>
    public void Dispose() => _guest.Dispose();

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
    private ReplayResult? RunTo(RecordPosition target)
    {
        while (Position != target)
        {
            _cancel.ThrowIfCancellationRequested();
            if (_options.Until is { } until && _guest.Blocks >= until)
            {
                return Result("until", "");
            }

            SetStopPoint();
            if (IsBeyond(target) || !_last.CanRunOn)
            {
                return Diverged(Missed(target));
            }

            var before = Position;
            Step(target);
            if (StopPointReached() is { } reached)
            {
                return reached;
            }

            if (Position == before && _last.CanRunOn)
            {
                return Diverged(Missed(target));
            }
        }

        return null;
    }

    private bool IsBeyond(RecordPosition target) =>
        _guest.Blocks > target.Blocks || (_guest.Blocks == target.Blocks && _guest.VirtualNanoseconds >= target.Time && _stops >= target.Stops);

    // An idle guest's time moves on without blocks, so behind the last block the limit is the time.
    private void Step(RecordPosition target)
    {
        var end = target.Blocks;
        foreach (var bound in (ReadOnlySpan<ulong?>)[_options.Until, _options.StopAt is null ? null : _options.After, _guest.Blocks + GuestHost.Slice])
        {
            end = bound is { } value && value > _guest.Blocks ? Math.Min(end, value) : end;
        }

        _last = end > _guest.Blocks
            ? _guest.Run(end - _guest.Blocks)
            : _guest.RunTo(target.Time);
        _stops += _last.Kind == GuestStopKind.Breakpoint && !IsOwnStop ? 1UL : 0;
    }

    private bool IsOwnStop => _entryIsSet && _options.StopAt is StopPoint.Entry entry && _guest.InstructionPointer == entry.Address;

    private void SetStopPoint()
    {
        if (_guest.Blocks < _options.After)
        {
            return;
        }

        _watch?.TrySet();
        if (_options.StopAt is StopPoint.Entry entry && !_entryIsSet)
        {
            _guest.AddBreakpoint(entry.Address);
            _entryIsSet = true;
        }
    }

    private ReplayResult? StopPointReached()
    {
        if (_watch?.Found is { } write)
        {
            return Result("stop-point", write);
        }

        return _last.Kind == GuestStopKind.Breakpoint && IsOwnStop
            ? Result("stop-point", $"processor {_guest.Machine.Current.Index} is about to execute 0x{_guest.InstructionPointer:x}\n{_guest.DescribeProcessor()}")
            : null;
    }

    private Divergence? Apply(RecordEntry entry)
    {
        switch (entry)
        {
            case RecordEntry.Typed typed:
                _guest.Type(typed.Bytes);
                _guest.Machine.InputPosition++;
                return null;
            case RecordEntry.Submitted submitted:
                _guest.Submit(submitted.Request, submitted.Name, submitted.Package, submitted.VerifyCoherence);
                _guest.Machine.InputPosition++;
                return null;
            case RecordEntry.Breakpoint breakpoint:
                SetBreakpoint(breakpoint);
                _guest.Machine.InputPosition++;
                return null;
            case RecordEntry.Mark mark:
                return Check(mark.Hash == _fingerprint.Processors(), "registers or devices");
            case RecordEntry.Memory memory:
                return CheckMemory(memory);
            case RecordEntry.Ended end:
                return Check(_last.CanRunOn || end.Reason == RecordingGuest.Describe(_last), $"the guest ended by {RecordingGuest.Describe(_last)}, recorded is {end.Reason}");
            default:
                throw new InvalidOperationException($"no way to replay a {entry.GetType().Name}");
        }
    }

    private void SetBreakpoint(RecordEntry.Breakpoint breakpoint)
    {
        if (breakpoint.IsSet)
        {
            _guest.AddBreakpoint(breakpoint.Address);
        }
        else
        {
            _guest.RemoveBreakpoint(breakpoint.Address);
        }
    }

    private Divergence? Check(bool holds, string what)
    {
        _checks += holds ? 1 : 0;
        return holds ? null : new Divergence(_agreed, Position, what, [], default);
    }

    private Divergence? CheckMemory(RecordEntry.Memory memory)
    {
        var pages = DifferentPages(memory);
        return pages.Count == 0 ? Check(true, "") : new Divergence(_agreed, Position, "memory", pages, Position);
    }

    private List<ulong> DifferentPages(RecordEntry.Memory memory)
    {
        Expect(memory);
        _fingerprint.ReadMemory();
        return [.. _fingerprint.Pages.Select((hash, page) => (hash, page))
            .Where(p => p.hash != _expectedPages.GetValueOrDefault((uint)p.page))
            .Select(p => (ulong)p.page << 12)];
    }

    private void Expect(RecordEntry.Memory memory)
    {
        for (var i = 0; i < memory.Pages.Count; i++)
        {
            _expectedPages[memory.Pages[i]] = memory.Hashes[i];
        }
    }

    private Divergence Missed(RecordPosition target)
    {
        var what = _last.CanRunOn
            ? $"the record has an entry at {target}, which the replay passed by"
            : $"the guest ended by {RecordingGuest.Describe(_last)}; the record goes on to {target}";
        return new Divergence(_agreed, Position, what, [], default);
    }

    // Which pages differ can be told where the record has hashes of RAM: the next such place is as near as it gets.
    private ReplayResult Diverged(Divergence divergence)
    {
        var next = _record.Entries.OfType<RecordEntry.Memory>().FirstOrDefault(m => m.At.Blocks >= divergence.Found.Blocks);
        if (divergence.Pages.Count == 0 && next is not null && _last.CanRunOn)
        {
            var at = divergence.Found;
            if (next.At.Blocks > _guest.Blocks)
            {
                _last = _guest.Run(next.At.Blocks - _guest.Blocks);
            }

            divergence = divergence with { Found = at, Pages = DifferentPages(next), PagesAt = Position };
        }

        return new ReplayResult(divergence.Found, _checks, "diverged", divergence.ToString(), divergence);
    }

    private ReplayResult Result(string reason, string detail) => new(Position, _checks, reason, detail, null);
}
