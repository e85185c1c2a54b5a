using System.Runtime.InteropServices;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Recording;

/// <summary>
/// A guest whose inputs are written down: everything that enters it comes through this interface, while it stands still, so where it
/// stands names the moment exactly.
/// </summary>
public sealed class RecordingGuest : IGuest
{
    // A run ends exactly at its limit, but for a few blocks that are counted for exceptions raised in a row.
    private const ulong LongestTrail = RecordEntry.Trail.MostBlocks - 1024;
    private readonly VmmGuest _guest;
    private readonly RecordWriter _writer;
    private readonly RecordOptions _options;
    private readonly GuestFingerprint _fingerprint;
    private GuestStop _last = new(GuestStopKind.Limit);
    private ulong _stops;
    private ulong _nextMark;
    private ulong _nextMemory;
    private ulong _trailed;

    /// <summary>Begins a recording.</summary>
    /// <param name="guest">A guest that has not run yet; disposed with this one.</param>
    /// <param name="writer">Takes the record; disposed with this guest.</param>
    /// <param name="options">How often hashes are taken.</param>
    public RecordingGuest(VmmGuest guest, RecordWriter writer, RecordOptions options)
    {
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(options);
        _guest = guest;
        _writer = writer;
        _options = options;
        _fingerprint = new GuestFingerprint(guest.Machine);
        _nextMark = options.MarkEvery;
        if (options.IsExact != (guest.Machine.Trail is not null))
        {
            throw new ArgumentException("an exact recording needs a machine that keeps its trail, others need one that does not", nameof(options));
        }
    }

    /// <inheritdoc/>
    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput
    {
        add => _guest.ConsoleOutput += value;
        remove => _guest.ConsoleOutput -= value;
    }

    /// <inheritdoc/>
    public ulong Blocks => _guest.Blocks;

    /// <inheritdoc/>
    public ulong VirtualNanoseconds => _guest.VirtualNanoseconds;

    /// <inheritdoc/>
    public ulong IdlePeriods => _guest.IdlePeriods;

    /// <inheritdoc/>
    public int CurrentProcessor => _guest.CurrentProcessor;

    /// <inheritdoc/>
    public ulong InstructionPointer => _guest.InstructionPointer;

    /// <inheritdoc/>
    public ulong StackPointer => _guest.StackPointer;

    /// <inheritdoc/>
    public ulong MemoryBytes => _guest.MemoryBytes;

    /// <inheritdoc/>
    public int PendingInput => _guest.PendingInput;

    /// <inheritdoc/>
    public IReadOnlyList<ProcessorView> Processors => _guest.Processors;

    /// <inheritdoc/>
    public string BootedVersion => _guest.BootedVersion;

    /// <inheritdoc/>
    public string EffectiveVersion => _guest.EffectiveVersion;

    /// <inheritdoc/>
    public IReadOnlyList<UpdateInfo> Updates => _guest.Updates;

    /// <inheritdoc/>
    public IReadOnlyList<JournalRecord> History => _guest.History;

    /// <inheritdoc/>
    public IReadOnlyList<LedgerEntry> Ledger(uint updateId) => _guest.Ledger(updateId);

    /// <inheritdoc/>
    public string? DescribeCode(ulong address, uint update = 0) => _guest.DescribeCode(address, update);

    /// <inheritdoc/>
    public long LastJournalSequence => _guest.LastJournalSequence;

    /// <summary>A snapshot of the guest without its recording: taking one is no input, and what is made of it is not recorded.</summary>
    public IGuestSnapshot TakeSnapshot() => _guest.TakeSnapshot();

    /// <summary>A fork of the guest; what enters it is not recorded.</summary>
    public IGuest Fork() => _guest.Fork();

    private ulong NextTrail => _guest.Machine.Trail is null ? ulong.MaxValue : _trailed + LongestTrail;

    private RecordPosition Position => new(Blocks, VirtualNanoseconds, _stops);

    /// <inheritdoc/>
    public GuestStop Run(ulong blocks)
    {
        var end = blocks < ulong.MaxValue - Blocks ? Blocks + blocks : ulong.MaxValue;
        do
        {
            _last = _guest.Run(Math.Min(Math.Min(end, _nextMark), NextTrail) - Blocks);
            _stops += _last.Kind == GuestStopKind.Breakpoint ? 1UL : 0;
            if (Blocks >= NextTrail)
            {
                Trail();
            }

            if (_last.Kind == GuestStopKind.Limit && Blocks >= _nextMark)
            {
                Mark();
            }
        }
        while (_last.Kind == GuestStopKind.Limit && Blocks < end);
        return _last;
    }

    /// <inheritdoc/>
    public void RequestStop() => _guest.RequestStop();

    /// <inheritdoc/>
    public void Type(ReadOnlySpan<byte> bytes)
    {
        Input(new RecordEntry.Typed { At = Position, Bytes = bytes.ToArray() });
        _guest.Type(bytes);
    }

    /// <inheritdoc/>
    public void AddBreakpoint(ulong address)
    {
        Input(new RecordEntry.Breakpoint { At = Position, Address = address, IsSet = true });
        _guest.AddBreakpoint(address);
    }

    /// <inheritdoc/>
    public void RemoveBreakpoint(ulong address)
    {
        Input(new RecordEntry.Breakpoint { At = Position, Address = address, IsSet = false });
        _guest.RemoveBreakpoint(address);
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> buffer) => _guest.TryRead(address, buffer);

    /// <inheritdoc/>
    public IReadOnlyList<GuestFunction> FindFunctions(string name) => _guest.FindFunctions(name);

    /// <inheritdoc/>
    public string DescribeProcessor() => _guest.DescribeProcessor();

    /// <inheritdoc/>
    public byte[] CopyReadOnlyMemory() => _guest.CopyReadOnlyMemory();

    /// <inheritdoc/>
    public ulong Submit(RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false)
    {
        Input(new RecordEntry.Submitted { At = Position, Request = kind, Name = name, Package = package.ToArray(), VerifyCoherence = verifyCoherence });
        return _guest.Submit(kind, name, package, verifyCoherence);
    }

    /// <inheritdoc/>
    public IReadOnlyList<OpenRequest> OpenRequests => _guest.OpenRequests;

    /// <inheritdoc/>
    public bool Withdraw(ulong request)
    {
        // One that comes too late changes nothing: only what enters the guest is recorded.
        if (!OpenRequests.Any(r => r.Id == request && !r.IsTaken))
        {
            return false;
        }

        Input(new RecordEntry.Withdrawn { At = Position, Request = request });
        return _guest.Withdraw(request);
    }

    /// <inheritdoc/>
    public RequestAnswer? AnswerTo(ulong request) => _guest.AnswerTo(request);

    /// <inheritdoc/>
    public void Dispose()
    {
        Trail();
        Memory();
        _writer.End(Position, Describe(_last));
        _writer.Dispose();
        _guest.Dispose();
    }

    /// <summary>How a stop is called in a record.</summary>
    /// <param name="stop">The stop.</param>
    internal static string Describe(GuestStop stop) => $"{stop.Kind} {stop.Value}";

    private void Input(RecordEntry entry)
    {
        _writer.Add(entry);
        _guest.Machine.InputPosition++;
    }

    private void Trail()
    {
        var count = (int)(Blocks - _trailed);
        if (_guest.Machine.Trail is not { } trail || count == 0)
        {
            return;
        }

        var digests = new ushort[count];
        trail.Read(_trailed + 1, digests);
        var turns = trail.TakeTurns();
        _writer.Add(new RecordEntry.Trail
        {
            At = Position,
            First = _trailed + 1,
            Digests = MemoryMarshal.AsBytes(digests.AsSpan()).ToArray(),
            Turns = [.. turns.Select(t => t.Block)],
            Cpus = [.. turns.Select(t => t.Cpu)],
        });
        _trailed = Blocks;
    }

    private void Mark()
    {
        _writer.Add(new RecordEntry.Mark { At = Position, Hash = _fingerprint.Processors() });
        _nextMark = Blocks + _options.MarkEvery;
        if (Blocks >= _nextMemory)
        {
            Memory();
            _nextMemory = Blocks + _options.MemoryEvery;
        }
    }

    private void Memory()
    {
        var pages = _fingerprint.ReadMemory();
        _writer.Add(new RecordEntry.Memory
        {
            At = Position,
            Pages = pages,
            Hashes = [.. pages.Select(p => _fingerprint.Pages[(int)p])],
            Granules = _options.IsExact ? _fingerprint.ReadGranules(pages) : null,
        });
    }
}
