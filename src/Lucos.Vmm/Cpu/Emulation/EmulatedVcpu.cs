using System.Runtime.InteropServices;
using Iced.Intel;
using Lucos.Unicorn;
using Lucos.Vmm.Code;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>A processor on the emulator. The only type of this assembly that speaks to it.</summary>
internal sealed partial class EmulatedVcpu : IVcpuBackend, ICodeCache
{
    private const ulong DeviceEnd = 1UL << 40;
    private const uint InterruptFlag = 1 << 9;
    private const uint Efer = 0xc000_0080;
    private const ulong EferLongModeNoExecuteSyscall = 0xd01;

    // A guest may run one frame of code at any number of addresses, each of which is remembered.
    private const int MostTranslatedPlaces = 1 << 16;

    private static readonly VmExit.Halt s_halt = new();
    private static readonly VmExit.Hypercall s_hypercall = new();
    private static readonly VmExit.DebugStep s_step = new();
    private static readonly VmExit.StopRequested s_stopRequested = new();
    private static readonly VmExit.Deadline s_resume = new();
    private static readonly VmExit.TrailDiffers s_trailDiffers = new();

    private static readonly SegmentIndex[] s_dataSegments =
        [SegmentIndex.Ss, SegmentIndex.Ds, SegmentIndex.Es, SegmentIndex.Fs, SegmentIndex.Gs];

    private readonly GuestMemory _memory;
    private readonly IVcpuHost _host;
    private readonly ExecutionMeter _meter;
    private readonly EmulatedTrail? _trail;
    private readonly int _index;
    private readonly ExceptionDelivery _delivery;
    private readonly AddressSpaceWalker _walker;
    private readonly PortPermission _portPermission;
    private readonly Engine _engine;
    private VmExit? _exit;
    private bool _hypercallPending;
    private bool _stoppedForCode;
    private bool _stoppedForBoundary;
    private bool _haltPending;
    private ulong _stub;
    private bool _portFault;
    private bool _stoppedAtBlock;
    private bool _stepping;
    private bool _stepBegun;
    private ulong _stepStart;
    private nint _accessReport;

    internal EmulatedVcpu(int index, GuestMemory memory, IVcpuHost host, ExecutionMeter meter, EmulatedTrail? trail)
    {
        _index = index;
        _trail = trail;
        _meter = meter;
        _memory = memory;
        _host = host;
        _delivery = new ExceptionDelivery(memory, host, index);
        _codeReader = new ByteArrayCodeReader(_code);
        _decoder = Decoder.Create(64, _codeReader);
        _walker = new AddressSpaceWalker(memory);
        _portPermission = new PortPermission(memory);
        _engine = new Engine(this, _meter) { Processor = index };
        _engine.MapMemory(memory.Backing);
        _engine.MapDevice(memory.Size, DeviceEnd - memory.Size);
        _memory.CodeFrames.Attach(this);
    }

    public uint InterceptedExceptions { get; set; }

    public bool IsInsideBlock => _paidEnd != 0;

    public void LeaveBlock() => _paidEnd = 0;

    public bool LeavesBehindAccesses
    {
        get => _accessReport != 0;
        set
        {
            if (value && _accessReport == 0)
            {
                _accessReport = _engine.ReportInstructions(0, ulong.MaxValue);
            }
            else if (!value && _accessReport != 0)
            {
                _engine.EndReport(_accessReport, 0, ulong.MaxValue);
                _accessReport = 0;
            }
        }
    }

    public bool InterruptsEnabled => (_engine.Eflags & InterruptFlag) != 0;

    public VmExit Run()
    {
        _exit = null;
        if (IsInsideBlock || _stepping)
        {
            // The rest of a block is no block of its own: it must not be counted, nor must anything be due before its end.
            _host.PollAtNextBlock();
        }

        if (_haltPending)
        {
            _haltPending = false;
            return s_halt;
        }

        while (true)
        {
            // Stops for these are nobody else's business: no device and no clock may see them.
            if (IsAtStoreBoundary && _host.EnterStoreBoundary(_index) is { } stop)
            {
                return stop;
            }

            _stoppedAtBlock = _stoppedForCode = _stoppedForBoundary = _behindStep = false;
            _memory.CodeFrames.DropStale();
            if (_engine.TranslatedPlaces > MostTranslatedPlaces)
            {
                _memory.CodeFrames.DropAll();
            }

            _blocksAtRun = _meter.Blocks;
            EngineStatus status = RunEngine();
            if (_isRefused)
            {
                status = StepOverStore();
                if (_exit is null && status == EngineStatus.Stopped)
                {
                    if (!_stepping)
                    {
                        continue;
                    }

                    _exit = s_step;
                }
            }

            if (_isReported)
            {
                EndReported();
            }

            if (_portFault)
            {
                TakePortFault();
            }

            if (_stub != 0)
            {
                ulong stub = _stub;
                _stub = 0;
                _host.ReturnToStub(_index, stub);
            }
            else if (!_stoppedForCode && !_stoppedForBoundary)
            {
                return Leave(status);
            }
        }
    }

    // A block that ends the run has a boundary too. A stop there may not swallow that the processor has halted.
    private VmExit Leave(EngineStatus status)
    {
        VmExit exit = ExitOf(status);
        if (!IsAtStoreBoundary || _host.EnterStoreBoundary(_index) is not { } stop || exit is VmExit.Shutdown)
        {
            return exit;
        }

        _haltPending = exit is VmExit.Halt;
        return stop;
    }

    private EngineStatus RunEngine()
    {
        _memory.CodeFrames.IsRunning = true;
        _trail?.Enter(_index);
        try
        {
            return _engine.Run(_engine.Rip, reportFirstBlock: IsInsideBlock);
        }
        finally
        {
            _memory.CodeFrames.IsRunning = false;
        }
    }

    private VmExit ExitOf(EngineStatus status)
    {
        // A run that failed would fail again: what was to be handled at its next block does not matter any more.
        if (status != EngineStatus.Stopped)
        {
            return _exit as VmExit.Shutdown ?? new VmExit.Shutdown(Describe(status));
        }

        return _exit ?? (IsBehindHalt() ? s_halt : new VmExit.Shutdown($"the processor stopped silently at RIP 0x{_engine.Rip:x}"));
    }

    public VmExit StepInstruction()
    {
        const ulong longestInstruction = 15;
        _engine.Scratch.Save();
        ulong address = _engine.Scratch.Segment(SegmentIndex.Cs).Base + _engine.Scratch.Rip;
        ulong first = unchecked(address + 1);
        ulong last = Math.Max(first, unchecked(address + longestInstruction));
        nint report = _engine.ReportInstructions(first, last);
        _stepping = true;
        _stepBegun = false;
        _stepStart = address;
        try
        {
            return Run();
        }
        finally
        {
            _stepping = false;
            _engine.EndReport(report, first, last);
        }
    }

    public void WriteResult(long value) => _engine.Rax = (ulong)value;

    public void Reset(in BootState state)
    {
        const uint codeAttributes = (1 << 23) | (1 << 21) | (1 << 15) | (1 << 12) | (1 << 11) | (1 << 9) | (1 << 8);
        const uint dataAttributes = (1 << 23) | (1 << 22) | (1 << 15) | (1 << 12) | (1 << 9) | (1 << 8);
        const ulong protectedMode = 1 | (1 << 4) | (1 << 5) | (1 << 16);
        _engine.WriteMsr(Efer, EferLongModeNoExecuteSyscall & ~0x400UL);
        _engine.Cr4 = 1 << 5 | 1 << 9;
        _engine.Cr3 = state.PageTables;
        _engine.Cr0 = protectedMode | (1UL << 31);
        _engine.SetGdt(state.Gdt, state.GdtLimit);
        _engine.SetIdt(0, 0);

        CpuContext context = _engine.Context;
        context.Save();
        for (int i = 0; i < 16; i++)
        {
            context[i] = 0;
        }

        context[6] = state.StartInfo;
        context.Rip = state.Entry;
        context.Eflags = 2;
        context.SetSegment(SegmentIndex.Cs, new SegmentRegister(0x10, 0, uint.MaxValue, codeAttributes));
        SegmentRegister data = new(0x18, 0, uint.MaxValue, dataAttributes);
        foreach (SegmentIndex index in s_dataSegments)
        {
            context.SetSegment(index, data);
        }

        context.Cpl = 0;
        context.ClearPendingException();
        context.Restore();
        _engine.FlushAddresses();
    }

    public void StartInRealMode(byte page)
    {
        const uint codeAttributes = (1 << 15) | (1 << 12) | (1 << 11) | (1 << 9) | (1 << 8);
        const uint dataAttributes = (1 << 15) | (1 << 12) | (1 << 9) | (1 << 8);
        const ulong afterInit = 0x6000_0010;
        _engine.Cr0 = afterInit;
        _engine.Cr3 = 0;
        _engine.Cr4 = 0;
        _engine.WriteMsr(Efer, 0);
        _engine.SetGdt(0, 0xffff);
        _engine.SetIdt(0, 0xffff);
        CpuContext context = _engine.Context;
        context.Save();
        for (int i = 0; i < 16; i++)
        {
            context[i] = 0;
        }

        context.Rip = 0;
        context.Eflags = 2;
        context.SetRealMode();
        context.SetSegment(SegmentIndex.Cs, new SegmentRegister((ushort)(page << 8), (ulong)page << 12, 0xffff, codeAttributes));
        foreach (SegmentIndex index in s_dataSegments)
        {
            context.SetSegment(index, new SegmentRegister(0, 0, 0xffff, dataAttributes));
        }

        context.Cpl = 0;
        context.InterruptShadow = false;
        context.ClearPendingException();
        context.Restore();
        _engine.FlushAddresses();
        _exit = null;
        _hypercallPending = false;
        _haltPending = false;
        _portFault = false;
        _paidEnd = 0;
    }

    public bool CanTakeInterrupt()
    {
        if ((_engine.Eflags & InterruptFlag) == 0 || IsInsideBlock)
        {
            return false;
        }

        _engine.Context.Save();
        return !_engine.Context.InterruptShadow;
    }

    public VmExit.Shutdown? Deliver(TrapEvent trap)
    {
        _paidEnd = 0;
        _engine.Context.Save();
        VmExit.Shutdown? shutdown = DeliverInContext(trap);
        _engine.Context.Restore();
        return shutdown;
    }

    public void DropCode(ReadOnlySpan<GuestPhysicalAddress> frames) =>
        _engine.DropTranslations(MemoryMarshal.Cast<GuestPhysicalAddress, ulong>(frames));

    public void DropAllCode() => _engine.FlushTranslations();

    public void WatchLoads(GuestPhysicalAddress address, int length, bool watched)
    {
        if (watched)
        {
            _engine.WatchLoads(address.Value, (ulong)length);
        }
        else
        {
            _engine.EndWatch(address.Value, (ulong)length);
        }
    }

    public void SetBreakpoint(GuestVirtualAddress address, bool enabled)
    {
        // Only the call at which the guest still stands may be passed over, not a later one with the same stack.
        if (_engine.Rip != _skipBreakpoint || _engine.Rsp != _skipStack)
        {
            _skipBreakpoint = 0;
        }

        if (enabled)
        {
            _engine.AddBreakpoint(address.Value);
        }
        else
        {
            _engine.RemoveBreakpoint(address.Value);
        }
    }

    public void Dispose()
    {
        _memory.CodeFrames.Detach(this);
        _engine.Dispose();
    }

    private string Describe(EngineStatus status) => status == EngineStatus.FetchRefused
        ? $"code was to be fetched at RIP 0x{_engine.Rip:x}, which is mapped to no RAM"
        : $"the emulator gave up: {status} (its error {_engine.LastError}) at RIP 0x{_engine.Rip:x}";

    // Nothing reports HLT: the run just ends behind it. Anything else that ends it silently is a defect to be shown.
    private bool IsBehindHalt()
    {
        Span<byte> opcode = stackalloc byte[1];
        return TryFetch(_engine.Rip - 1, opcode) && opcode[0] == 0xf4;
    }

    private bool TryFetch(ulong address, Span<byte> bytes)
    {
        ulong cr3 = _engine.Cr3;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!_walker.TryTranslate(
                cr3, new GuestVirtualAddress(address + (ulong)i), PageAccess.Read, out Translation translation, out _))
            {
                return false;
            }

            _memory.Read(translation.Address, bytes.Slice(i, 1));
        }

        return true;
    }

    // Works on the saved context; the caller saves and restores it.
    private VmExit.Shutdown? DeliverInContext(TrapEvent trap)
    {
        CpuContext context = _engine.Context;
        TrapState state = new()
        {
            Rip = context.Rip,
            Rsp = context[4],
            Rflags = context.Eflags,
            Cr0 = context.Cr0,
            Cr2 = context.Cr2,
            Cr3 = context.Cr3,
            Cpl = context.Cpl,
            Cs = FromNative(context.Segment(SegmentIndex.Cs)),
            Ss = FromNative(context.Segment(SegmentIndex.Ss)),
            Gdt = FromNative(context.Gdt),
            Ldt = FromNative(context.Ldt),
            Idt = FromNative(context.Idt),
            Tr = FromNative(context.Tr),
        };
        byte oldPrivilege = state.Cpl;
        string? failure = _delivery.Deliver(ref state, trap);
        context.ClearPendingException();
        context.Cr2 = state.Cr2;
        if (failure is not null)
        {
            return new VmExit.Shutdown(failure);
        }

        context.Rip = state.Rip;
        context[4] = state.Rsp;
        context.Eflags = (uint)state.Rflags;
        context.SetSegment(SegmentIndex.Cs, ToNative(state.Cs));
        if (state.Cpl != oldPrivilege)
        {
            context.SetSegment(SegmentIndex.Ss, ToNative(state.Ss));
        }

        context.Cpl = state.Cpl;
        context.InterruptShadow = false;
        return null;
    }

    private static SegmentState FromNative(SegmentRegister value) => new(value.Selector, value.Base, value.Limit, value.Flags);

    private static SegmentRegister ToNative(SegmentState value) => new(value.Selector, value.Base, value.Limit, value.Attributes);
}
