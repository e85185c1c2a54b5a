using System.Text;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Tests.Guests;

/// <summary>A guest that is idle, answers every request when it runs, and powers off when it is told to by the letter q; p makes it panic.</summary>
internal sealed class FakeGuest : IGuest
{
    private readonly Dictionary<ulong, RequestAnswer> _answers = [];
    private readonly Dictionary<ulong, RequestAnswer> _coming = [];
    private readonly List<JournalRecord> _history = [];
    private volatile bool _stopRequested;
    private GuestStop _next = new(GuestStopKind.Limit);

    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput;

    public ulong Blocks { get; private set; }

    public ulong VirtualNanoseconds => Blocks * 1000;

    public ulong IdlePeriods => Blocks;

    public int CurrentProcessor => 0;

    public ulong InstructionPointer => 0;

    public ulong StackPointer => 0;

    public ulong MemoryBytes => 64 << 20;

    public int PendingInput { get; set; }

    public IReadOnlyList<ProcessorView> Processors { get; } =
        [new(0, VcpuState.Running, new RegisterFile { Rip = 0xffff_ffff_8010_0000 }, [new StackFrame(new(0xffff_ffff_8010_0000), "idle+0x0")])];

    public string BootedVersion => "0.1.0";

    public string EffectiveVersion => "0.1.0+fake";

    public List<UpdateInfo> KnownUpdates { get; } = [];

    public IReadOnlyList<UpdateInfo> Updates => KnownUpdates;

    public IReadOnlyList<JournalRecord> History => [.. _history];

    public IReadOnlyList<LedgerEntry> Ledger(uint updateId) => LedgerEntries;

    public string? DescribeCode(ulong address, uint update = 0) => address == 0x1000 ? "sys_fake+0x0" : null;

    public long LastJournalSequence => _history.Count;

    /// <summary>What is on the console after something was typed; the same unless it is set.</summary>
    public Func<string, string>? Reply { get; set; }

    /// <summary>What a check says it would meet.</summary>
    public string Forecast { get; set; } = "";

    public List<byte[]> Packages { get; } = [];

    /// <summary>For each request, whether it asked for the coherence ledger.</summary>
    public List<bool> Verified { get; } = [];

    public List<LedgerEntry> LedgerEntries { get; } = [];

    /// <summary>Requests from now on are not answered; <c>true</c>: they are taken nevertheless.</summary>
    public bool? Keeps { get; set; }

    public List<OpenRequest> Open { get; } = [];

    public IReadOnlyList<OpenRequest> OpenRequests => Open;

    public SnapshotException? SnapshotFailure { get; set; }

    public GuestStop Run(ulong blocks)
    {
        if (_stopRequested)
        {
            _stopRequested = false;
            return new GuestStop(GuestStopKind.Requested);
        }

        Blocks += blocks;
        foreach (var (id, answer) in _coming)
        {
            _answers[id] = answer;
        }

        _coming.Clear();
        return _next;
    }

    public void RequestStop() => _stopRequested = true;

    public void Type(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)'q'))
        {
            _next = new GuestStop(GuestStopKind.PoweredOff);
        }

        if (bytes.Contains((byte)'p'))
        {
            _next = new GuestStop(GuestStopKind.PoweredOff, GuestStop.PanicValue);
        }

        ConsoleOutput?.Invoke(Reply is null ? bytes.ToArray() : Encoding.UTF8.GetBytes(Reply(Encoding.UTF8.GetString(bytes))));
    }

    public IGuestSnapshot TakeSnapshot() => SnapshotFailure is null ? new FakeSnapshot(Blocks) : throw SnapshotFailure;

    public IGuest Fork() => throw new NotSupportedException();

    public void AddBreakpoint(ulong address) => throw new NotSupportedException();

    public void RemoveBreakpoint(ulong address) => throw new NotSupportedException();

    public bool TryRead(ulong address, Span<byte> buffer) => false;

    public IReadOnlyList<GuestFunction> FindFunctions(string name) => [];

    public string DescribeProcessor() => "rip 0";

    public byte[] CopyReadOnlyMemory() => [];

    public ulong Submit(RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false)
    {
        Verified.Add(verifyCoherence);
        Packages.Add(package.ToArray());
        var id = (ulong)Packages.Count;
        _history.Add(new JournalRecord((long)id, Blocks, JournalEvents.Requested, 0, name, "", UpdateState.None, Refusal.None, "", id, 0));
        if (Keeps is { } taken)
        {
            Open.Add(new OpenRequest(id, kind, name, taken, Blocks));
            return id;
        }

        _coming[id] = name == "bad" ? new RequestAnswer(Refusal.Conflict, 0, "the fake refuses") : new RequestAnswer(Refusal.None, 0, "", kind == RequestKind.Check ? Forecast : "");
        return id;
    }

    public bool Withdraw(ulong request)
    {
        if (Open.RemoveAll(r => r.Id == request && !r.IsTaken) == 0)
        {
            return false;
        }

        _answers[request] = new RequestAnswer(Refusal.Cancelled, 0, "withdrawn");
        return true;
    }

    public RequestAnswer? AnswerTo(ulong request) => _answers.Remove(request, out var answer) ? answer : null;

    public void Dispose()
    {
    }
}
