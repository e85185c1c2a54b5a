using Lucos.Abi;
using Lucos.Elf;
using Lucos.UpdateServer;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Guests;

/// <summary>A guest on the virtual machine monitor, with its Update Server.</summary>
public sealed class VmmGuest : IGuest, IJournal, IMemoryView
{
    private readonly Machine _machine;
    private readonly KernelImage _kernel;
    private readonly LiveUpdateServer _server;
    private readonly OperatorRequests _requests;
    private readonly IJournal _journal;

    /// <summary>Puts a machine and its Update Server together.</summary>
    /// <param name="options">The machine; it must have a kernel.</param>
    /// <param name="journal">Takes journal records too.</param>
    public VmmGuest(MachineOptions options, IJournal? journal = null)
        : this(KernelOf(options), new Machine(options), journal)
    {
    }

    /// <summary>Makes a guest that continues where a snapshot was taken, with its Update Server and the requests that were under way.</summary>
    /// <param name="snapshot">The snapshot; its options must have the kernel.</param>
    /// <param name="journal">Takes journal records from now on.</param>
    /// <exception cref="SnapshotException">The state does not fit this program; only possible for a snapshot that came from a file.</exception>
    public VmmGuest(MachineSnapshot snapshot, IJournal? journal = null)
        : this(KernelOf(snapshot.Options), snapshot.Fork(), journal)
    {
    }

    private VmmGuest(KernelImage kernel, Machine machine, IJournal? journal)
    {
        _kernel = kernel;
        _machine = machine;
        _journal = journal ?? NullJournal.Instance;
        try
        {
            _machine.Console.Output += bytes => ConsoleOutput?.Invoke(bytes.ToArray());
            _server = LiveUpdateServer.Attach(_machine, _kernel, KernelVersion.Of(_kernel), this);
            _requests = new OperatorRequests(_server);
            _machine.State.Add(_requests);
        }
        catch
        {
            _machine.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput;

    /// <summary>The machine, to be looked at between runs.</summary>
    public Machine Machine => _machine;

    /// <inheritdoc/>
    public ulong Blocks => _machine.Clock.Blocks;

    /// <inheritdoc/>
    public ulong VirtualNanoseconds => _machine.Clock.Now;

    /// <inheritdoc/>
    public ulong IdlePeriods => _machine.IdleWarps;

    /// <inheritdoc/>
    public int CurrentProcessor => _machine.Current.Index;

    /// <inheritdoc/>
    public ulong InstructionPointer => _machine.Current.Registers.Rip;

    /// <inheritdoc/>
    public ulong StackPointer => _machine.Current.Registers.Rsp;

    /// <inheritdoc/>
    public ulong MemoryBytes => _machine.Memory.Size;

    /// <inheritdoc/>
    public int PendingInput => _machine.Console.PendingInput;

    /// <inheritdoc/>
    public IReadOnlyList<ProcessorView> Processors =>
        [.. _machine.Vcpus.Select(vcpu => new ProcessorView(vcpu.Index, vcpu.State, vcpu.Registers, Backtrace(vcpu)))];

    /// <inheritdoc/>
    public string BootedVersion => _server.BootedVersion;

    /// <inheritdoc/>
    public string EffectiveVersion => _server.EffectiveVersion;

    /// <inheritdoc/>
    public IReadOnlyList<UpdateInfo> Updates => _server.Updates;

    /// <inheritdoc/>
    public IReadOnlyList<JournalRecord> History => _server.History;

    /// <inheritdoc/>
    public IReadOnlyList<LedgerEntry> Ledger(uint updateId) => _server.Ledger(updateId);

    /// <inheritdoc/>
    public string? DescribeCode(ulong address, uint update = 0) =>
        _kernel.SegmentAt(address) is null ? _server.DescribeCode(address, update) : _kernel.Symbols.Resolve(address)?.ToString();

    /// <inheritdoc/>
    public long LastJournalSequence => _server.LastJournalSequence;

    /// <inheritdoc/>
    public GuestStop Run(ulong blocks) => Run(RunLimits.ForBlocks(blocks));

    /// <summary>Runs the guest up to a time.</summary>
    /// <param name="nanoseconds">The guest's time; one that has passed stops at once.</param>
    public GuestStop RunTo(ulong nanoseconds) => Run(RunLimits.ForNanoseconds(nanoseconds - Math.Min(nanoseconds, VirtualNanoseconds)));

    private GuestStop Run(RunLimits limits) => _machine.Run(limits) switch
    {
        MachineStop.Limit => new GuestStop(GuestStopKind.Limit),
        MachineStop.Breakpoint => new GuestStop(GuestStopKind.Breakpoint),
        MachineStop.StopRequested => new GuestStop(GuestStopKind.Requested),
        MachineStop.ProtectedWrite or MachineStop.WatchedLoad or MachineStop.Stepped => new GuestStop(GuestStopKind.Watched),
        MachineStop.TrailDiffers => new GuestStop(GuestStopKind.OffTrail),
        MachineStop.HaltedForever => new GuestStop(GuestStopKind.Died, 0, HaltReport()),
        var other => EndOf(other) ?? throw new InvalidOperationException($"the machine stopped for {other}"),
    };

    /// <summary>How a machine's stop ends a guest; null for one that it can be run on from.</summary>
    internal static GuestStop? EndOf(MachineStop stop) => stop switch
    {
        MachineStop.PowerOff off => new GuestStop(GuestStopKind.PoweredOff, (int)off.Value),
        MachineStop.Reset => new GuestStop(GuestStopKind.Reset),
        MachineStop.TripleFault fault => new GuestStop(GuestStopKind.Died, 0, fault.Report.ToString()),
        _ => null,
    };

    /// <inheritdoc/>
    public void RequestStop() => _machine.RequestStop();

    /// <inheritdoc/>
    public void Type(ReadOnlySpan<byte> bytes) => _machine.Console.Enqueue(bytes);

    /// <inheritdoc/>
    public void AddBreakpoint(ulong address) => _machine.Breakpoints.Add(new GuestVirtualAddress(address));

    /// <inheritdoc/>
    public void RemoveBreakpoint(ulong address) => _machine.Breakpoints.Remove(new GuestVirtualAddress(address));

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> buffer) => _machine.Current.AddressSpace.TryRead(new GuestVirtualAddress(address), buffer);

    /// <inheritdoc/>
    public IReadOnlyList<GuestFunction> FindFunctions(string name) =>
        [.. _kernel.Symbols.Find(name).Where(s => s.Type == SymbolType.Function).Select(s => new GuestFunction(s.Name, s.Value, s.Size))];

    /// <inheritdoc/>
    public byte[] CopyReadOnlyMemory()
    {
        using var copy = new MemoryStream();
        foreach (var segment in _kernel.Segments.Where(s => !s.Flags.HasFlag(SegmentAccess.Write)))
        {
            copy.Write(_machine.Memory.Span(new GuestPhysicalAddress(segment.PhysicalAddress), (int)segment.MemorySize));
        }

        return copy.ToArray();
    }

    /// <inheritdoc/>
    public ulong Submit(RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false)
    {
        var request = _server.SubmitRequest(kind, name, package, verifyCoherence);
        _requests.Add(request);
        return request.Id;
    }

    /// <inheritdoc/>
    public IReadOnlyList<OpenRequest> OpenRequests =>
        [.. _server.OpenRequests.Select(r => new OpenRequest(r.Id, r.Kind, r.Name, r.Phase == RequestPhase.Fetched, r.SubmittedAtBlock))];

    /// <inheritdoc/>
    public bool Withdraw(ulong request) => _server.Withdraw(request);

    /// <inheritdoc/>
    public RequestAnswer? AnswerTo(ulong request) => _requests.Take(request);

    /// <inheritdoc/>
    public void ShowTrueBytes(ulong address, Span<byte> bytes) => _server.TrueBytes(address, bytes);

    /// <inheritdoc/>
    public void ShowUpToDate(ulong physical, Span<byte> bytes) => _server.UpToDateBytes(physical, bytes);

    /// <inheritdoc/>
    public void TakeTrueBytes(ulong address, Span<byte> bytes) => _server.ReplaceTrueBytes(address, bytes);

    /// <summary>Names an address of code: function and offset, in the kernel or in an update; null when it is in neither.</summary>
    /// <param name="address">Guest-virtual address.</param>
    public string? DescribeCode(ulong address) => _kernel.Symbols.Resolve(address)?.ToString() ?? _server.DescribeCode(address);

    /// <summary>Names a byte of physical memory by what the kernel's image has there; null when that is nothing with a name.</summary>
    /// <param name="address">Guest-physical address.</param>
    public string? DescribeMemory(ulong address) => _kernel.Segments
        .Where(s => address >= s.PhysicalAddress && address - s.PhysicalAddress < s.MemorySize)
        .Select(s => _kernel.Symbols.Resolve(s.VirtualAddress + (address - s.PhysicalAddress))?.ToString())
        .FirstOrDefault();

    /// <inheritdoc/>
    public void Write(JournalRecord record) => _journal.Write(record);

    /// <inheritdoc/>
    public IGuestSnapshot TakeSnapshot() => new VmmGuestSnapshot(_machine.TakeSnapshot());

    /// <inheritdoc/>
    public IGuest Fork()
    {
        using var snapshot = TakeSnapshot();
        return snapshot.Fork();
    }

    /// <inheritdoc/>
    public void Dispose() => _machine.Dispose();

    /// <inheritdoc/>
    public string DescribeProcessor() => string.Concat(_machine.Vcpus
        .Where(vcpu => vcpu.State != VcpuState.WaitingForStart)
        .Select(vcpu => Heading(vcpu) + ShutdownReport.Describe(vcpu.Registers, Backtrace(vcpu))));

    private IReadOnlyList<StackFrame> Backtrace(Vcpu vcpu) => vcpu.State == VcpuState.WaitingForStart
        ? []
        : [.. _machine.Backtrace(vcpu).Select(f => _kernel.SegmentAt(f.Address.Value) is null ? f with { Symbol = _server.DescribeCode(f.Address.Value) } : f)];

    private string Heading(Vcpu vcpu) => _machine.Vcpus.Count == 1 ? "" : $"processor {vcpu.Index} ({vcpu.State})\n";

    private static KernelImage KernelOf(MachineOptions options) => options.Kernel ?? throw new ArgumentException("a guest needs a kernel", nameof(options));

    private string HaltReport() => $"halted with nothing that could wake it\n{DescribeProcessor()}";
}
