using Lucos.Abi;
using Lucos.Unicorn;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>
/// What the emulator reports while it runs. Traps, system calls and ports are served in place (a stop costs 1.4 µs); all else sets
/// <c>_exit</c> and stops at the next block boundary, where a stop is exact.
/// </summary>
internal sealed partial class EmulatedVcpu : IEngineCallbacks
{
    private const uint TrapFlag = 1 << 8;
    private const ulong ResumeFlag = 1 << 16;
    private const uint TscAux = 0xc000_0103;
    private const uint KernelCode = (1 << 23) | (1 << 21) | (1 << 15) | (1 << 12) | (1 << 11) | (1 << 9) | (1 << 8);
    private const uint KernelData = (1 << 23) | (1 << 22) | (1 << 15) | (1 << 12) | (1 << 9) | (1 << 8);
    private ulong _skipBreakpoint;
    private ulong _skipStack;
    private ulong _reportedAddress;
    private uint _reportedFlags;
    private ulong _blocksAtRun;
    private ulong _blocksAtDelivery = ulong.MaxValue;

    void IEngineCallbacks.OnBlock(ulong address, uint size)
    {
        if (IsPaid(address, size))
        {
            return;
        }

        // The meter has counted this block, which has not begun: take it back while deciding, so a stop here leaves exact counts.
        _meter.Countdown += size;
        _meter.Blocks--;
        if (MayBegin(address))
        {
            _meter.Countdown -= size;
            _meter.Blocks++;
        }
        else
        {
            _stoppedAtBlock = true;
            _engine.Stop();
        }
    }

    private bool MayBegin(ulong address)
    {
        if (_overStore)
        {
            _stoppedForCode = _memory.CodeFrames.AreStale;
            return !_stoppedForCode;
        }

        if (_isReported || _host.IsStoreBoundaryDue(_index))
        {
            _stoppedForBoundary = true;
            return false;
        }

        if (_stepping && !_stepBegun)
        {
            _stepBegun = true;
            return true;
        }

        // The tables that lead to the first block may lie where no RAM is: leaving for their being read could never get anywhere.
        if (_exit is VmExit.Mmio && _meter.Blocks == _blocksAtRun)
        {
            _exit = null;
        }

        _exit ??= DueBefore();
        if (_exit is null && _memory.CodeFrames.AreStale)
        {
            _stoppedForCode = true;
            return false;
        }

        // A stub is left before anything else comes: an interrupt would save its address, which may stand for nothing when the thread goes on.
        if (_exit is not null || _host.IsStub(address))
        {
            return _exit is null;
        }

        _exit = _host.Poll(this) ?? (IsOffTrail(address) ? s_trailDiffers : null);
        return _exit is null;
    }

    // Only a block that would begin has a digest to be compared: what is due in front of it may change the registers, and a stub is no block of the guest's.
    private bool IsOffTrail(ulong address) => _meter.Trail is { } trail && trail.Differs(_meter.Blocks + 1);

    // What the block before has left to be done.
    private VmExit? DueBefore()
    {
        if (_hypercallPending)
        {
            _hypercallPending = false;
            return s_hypercall;
        }

        return _portFault ? s_resume : _stepping ? s_step : null;
    }

    void IEngineCallbacks.OnInstruction(ulong address)
    {
        (_reportedAddress, _reportedFlags) = (address, _engine.Eflags);
        if (_stoppedAtBlock || _overStore || _isRefused)
        {
            return;
        }

        if (_isReported)
        {
            _stoppedForBoundary = true;
            StopInside(address);
            return;
        }

        _exit ??= _host.TakeExactStop(_index);
        if (_stepping && address != _stepStart)
        {
            _exit ??= s_step;
        }

        if (_exit is VmExit.DebugStep or VmExit.ProtectedWrite or VmExit.WatchedLoad)
        {
            StopInside(address);
        }
    }

    // The block is counted as a whole.
    private void StopInside(ulong address)
    {
        (_paidStart, _paidEnd) = (address, _meter.BlockEnd(address));
        _engine.Stop();
    }

    void IEngineCallbacks.OnTranslated(ulong physicalPage) => _memory.CodeFrames.Add(new GuestPhysicalAddress(physicalPage));

    void IEngineCallbacks.OnBlockTranslated(ulong address, uint size)
    {
    }

    void IEngineCallbacks.OnBreakpoint(ulong address)
    {
        if (_overStore)
        {
            // It was met before the store was refused.
            return;
        }

        ulong stack = _engine.Rsp;
        if (_skipBreakpoint == address && _skipStack == stack)
        {
            _skipBreakpoint = 0;
            return;
        }

        if (_exit is VmExit.Mmio && !_stoppedAtBlock)
        {
            // It would end the run only at the end of this block, and nothing is done for it.
            _exit = null;
        }

        if (_stoppedAtBlock || _isReported || (_exit ??= _host.TakeExactStop(_index)) is not null)
        {
            // Leaving for another reason at this very boundary: the breakpoint is met again when the run goes on.
            return;
        }

        _skipBreakpoint = address;
        _skipStack = stack;
        _exit = new VmExit.Breakpoint(new GuestVirtualAddress(address));
        StopInside(address);
    }

    void IEngineCallbacks.OnInterrupt(uint vector)
    {
        CpuContext context = _engine.Context;
        if (_portFault)
        {
            TakePortFault();
            return;
        }

        context.Save();
        if (vector > byte.MaxValue)
        {
            Leave(new VmExit.Shutdown($"the emulator raised event 0x{vector:x}"));
            return;
        }

        byte number = (byte)vector;
        bool software = context.IsSoftwareInterrupt;
        if (_overStore && number == ExceptionVector.Debug && !software)
        {
            _stepEnded = true;
            _engine.Stop();
            return;
        }

        if (software && number == ExceptionVector.Breakpoint && context.Cpl == 0 && _host.IsStub(context.Rip - 1))
        {
            StopAtStub();
            return;
        }

        TrapEvent trap = software
            ? TrapEvent.Software(number, SoftwareInterruptLength(context.Rip, number))
            : TrapEvent.Exception(number, context.ErrorCode);
        Raise(trap);
    }

    bool IEngineCallbacks.OnInvalidInstruction()
    {
        CpuContext context = _engine.Context;
        if (_portFault)
        {
            TakePortFault();
            return true;
        }

        context.Save();
        Span<byte> opcode = stackalloc byte[3];
        bool isHypercall = TryFetch(context.Rip, opcode) && opcode[0] == 0x0f && opcode[1] == 0x01 && opcode[2] is 0xc1 or 0xd9;
        if (!isHypercall && context.IsSoftwareInterrupt && opcode[0] == 0xcd)
        {
            // INT 6 comes this way too, with RIP still at it.
            context.Rip += 2;
            Raise(TrapEvent.Software(ExceptionVector.InvalidOpcode, 2));
            return true;
        }

        if (!isHypercall)
        {
            Raise(TrapEvent.Exception(ExceptionVector.InvalidOpcode));
            return true;
        }

        context.Rip += 3;
        if (context.Cpl != 0)
        {
            context[0] = (ulong)Refusal.NotPrivileged.ToResult();
        }
        else
        {
            _hypercallPending = true;
            _host.PollAtNextBlock();
        }

        context.ClearPendingException();
        context.Restore();
        return true;
    }

    uint IEngineCallbacks.OnPortRead(ushort port, int size) => MayAccessPorts(port, size) ? _host.ReadPort(port, size) : uint.MaxValue;

    void IEngineCallbacks.OnPortWrite(ushort port, int size, uint value)
    {
        if (!MayAccessPorts(port, size))
        {
            return;
        }

        if (port != GuestPorts.HypercallPort)
        {
            _host.WritePort(port, size, value);
        }
        else if (EndsBlockBehindOut(_engine.Rip))
        {
            _hypercallPending = true;
            _host.PollAtNextBlock();
        }
        else
        {
            // Without a jump behind it, code would run on before the machine can stop.
            _engine.Rax = (ulong)Refusal.BadArgument.ToResult();
        }
    }

    void IEngineCallbacks.OnSyscall()
    {
        const ulong syscallEnable = 1;
        const int length = 2;
        CpuContext context = _engine.Context;
        if (_portFault)
        {
            TakePortFault(ripBias: length);
            return;
        }

        context.Save();
        if ((context.Efer & syscallEnable) == 0)
        {
            Raise(TrapEvent.Exception(ExceptionVector.InvalidOpcode), ripBias: length);
            return;
        }

        // Intel SDM vol. 2, SYSCALL. The emulator adds the instruction's length to RIP when this returns.
        ushort selector = (ushort)((context.Star >> 32) & 0xfffc);
        context[1] = context.Rip + length;
        context[11] = context.Eflags & ~ResumeFlag;
        context.Eflags &= ~(uint)(context.FlagMask | ResumeFlag);
        context.SetSegment(SegmentIndex.Cs, new SegmentRegister(selector, 0, uint.MaxValue, KernelCode));
        context.SetSegment(SegmentIndex.Ss, new SegmentRegister((ushort)(selector + 8), 0, uint.MaxValue, KernelData));
        context.Cpl = 0;
        context.Rip = context.LongStar - length;
        context.Restore();
    }

    void IEngineCallbacks.OnCpuid()
    {
        (uint eax, uint ebx, uint ecx, uint edx) = Cpuid.Answer((uint)_engine.Rax, _index);
        _engine.Rax = eax;
        _engine.Rbx = ebx;
        _engine.Rcx = ecx;
        _engine.Rdx = edx;
    }

    void IEngineCallbacks.OnTimestamp(bool withProcessorId)
    {
        ulong now = _host.ReadTimestamp();
        _engine.Rax = (uint)now;
        _engine.Rdx = now >> 32;
        if (withProcessorId)
        {
            _engine.Rcx = (uint)_engine.ReadMsr(TscAux);
        }
    }

    void IEngineCallbacks.OnWatchedLoad(ulong physicalAddress, int size)
    {
        GuestPhysicalAddress address = new(physicalAddress);
        if (_host.LoadedFromWatched(address, size))
        {
            LeaveAtNextBlock(new VmExit.WatchedLoad(address, size));
        }
    }

    ulong IEngineCallbacks.OnDeviceRead(ulong physicalAddress, int size)
    {
        GuestPhysicalAddress address = new(physicalAddress);
        if (_host.TryReadDevice(address, size, out uint value))
        {
            return value;
        }

        LeaveAtNextBlock(new VmExit.Mmio(address, size, IsWrite: false));
        return ulong.MaxValue;
    }

    void IEngineCallbacks.OnDeviceWrite(ulong physicalAddress, int size, ulong value)
    {
        GuestPhysicalAddress address = new(physicalAddress);
        if (!_host.TryWriteDevice(address, size, (uint)value))
        {
            LeaveAtNextBlock(new VmExit.Mmio(address, size, IsWrite: true));
        }
    }

    void IEngineCallbacks.OnUnmapped(ulong physicalAddress, int size) =>
        _exit ??= new VmExit.Shutdown($"an access to physical address 0x{physicalAddress:x}, beyond what the bus reaches");

    // The emulator checks neither IOPL nor the I/O bitmap. The state at the instruction is kept, and the rest of its block is undone by putting it back
    // when #GP is delivered, at the block's end; only the guest program's own stores in between remain.
    private bool MayAccessPorts(ushort port, int size)
    {
        int privilege = _engine.Cpl;
        if (privilege == 0 || _portFault || ((_engine.Eflags >> 12) & 3) >= privilege)
        {
            return !_portFault;
        }

        _engine.Scratch.Save();
        if (_portPermission.IsAllowed(_engine.Scratch.Cr3, FromNative(_engine.Scratch.Tr), port, size))
        {
            return true;
        }

        _portFault = true;
        _host.PollAtNextBlock();
        return false;
    }

    private void TakePortFault(ulong ripBias = 0)
    {
        _portFault = false;
        _engine.Scratch.Restore();
        _engine.Context.Save();
        Raise(TrapEvent.Exception(ExceptionVector.GeneralProtection), ripBias);
    }

    private static bool IsBlockEnd(byte opcode) => opcode is 0xeb or 0xe9 or 0xc3;

    private bool EndsBlockBehindOut(ulong rip)
    {
        Span<byte> bytes = stackalloc byte[2];
        return TryFetch(rip, bytes) && bytes[0] == 0xef && IsBlockEnd(bytes[1]);
    }

    // INT n has two bytes, INT3 and INTO one.
    private int SoftwareInterruptLength(ulong rip, byte vector)
    {
        Span<byte> bytes = stackalloc byte[2];
        return TryFetch(rip - 2, bytes) && bytes[0] == 0xcd && bytes[1] == vector ? 2 : 1;
    }

    // A stub's instruction has not run for the guest, so it is not counted.
    private void StopAtStub()
    {
        CpuContext context = _engine.Context;
        context.Rip--;
        context.ClearPendingException();
        context.Restore();
        _stub = context.Rip;
        _meter.Countdown++;
        _meter.Blocks--;
        _engine.Stop();
    }

    // Delivers an event of the instruction that the saved context stands at, or leaves with it when the caller asked for that.
    private void Raise(TrapEvent trap, ulong ripBias = 0)
    {
        CpuContext context = _engine.Context;
        if (trap.Kind == TrapKind.Exception && (_stepping || LeavesBehindAccesses))
        {
            RestoreFlags(context);
        }

        if (_overStore)
        {
            // Our step ends here, and the guest must not find its trace in the frame.
            context.Eflags &= ~TrapFlag;
            TakeBackStep();
            _engine.Stop();
        }

        if (trap.Vector < 32 && (InterceptedExceptions & (1u << trap.Vector)) != 0)
        {
            context.ClearPendingException();
            context.Rip -= ripBias;
            context.Restore();
            Leave(new VmExit.GuestTrap(
                trap.Vector, trap.PushesErrorCode ? trap.ErrorCode : null, trap.Kind == TrapKind.SoftwareInterrupt));
            return;
        }

        VmExit.Shutdown? shutdown = DeliverInContext(trap);
        context.Rip -= ripBias;
        context.Restore();
        if (shutdown is not null)
        {
            Leave(shutdown);
        }

        PollForBoundary();
        CountDelivery();
    }

    // In code whose instructions are reported the library computes the flags for the report, and where the instruction then faults takes them for the
    // operands that they come from: the frame would hold others.
    private void RestoreFlags(CpuContext context)
    {
        const uint arithmeticFlags = 0x8d5;
        if (context.Segment(SegmentIndex.Cs).Base + context.Rip == _reportedAddress)
        {
            context.Eflags = (context.Eflags & ~arithmeticFlags) | (_reportedFlags & arithmeticFlags);
        }
    }

    // A handler that can't be fetched raises an exception before its first block, and so may the handler of that one, for ever. What was
    // delivered with no block since the delivery before counts as a block, so that time passes and limits and stops are met.
    private void CountDelivery()
    {
        const long time = 100;
        if (_meter.Blocks != _blocksAtDelivery)
        {
            _blocksAtDelivery = _meter.Blocks;
            return;
        }

        _blocksAtDelivery = ++_meter.Blocks;
        _meter.Countdown -= time;
        if (_meter.Countdown >= 0)
        {
            return;
        }

        _exit ??= _host.Poll(this);
        if (_exit is not null)
        {
            Leave(_exit);
        }
    }

    private void Leave(VmExit exit)
    {
        _exit ??= exit;
        _engine.Stop();
        _host.PollAtNextBlock();
    }

    private void LeaveAtNextBlock(VmExit exit)
    {
        _exit ??= exit;
        _host.PollAtNextBlock();
    }
}
