using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using Lucos.Unicorn;
using Lucos.Vmm.Code;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>The engine of <see cref="ServiceVcpu"/>: all of RAM is closed to it but the stack.</summary>
internal sealed class EmulatedService : IEngineCallbacks, ICodeCache, IDisposable
{
    // Not canonical, so fetching from it faults whatever the guest's tables say.
    private const ulong ReturnAddress = 0x8000_0000_0000_0000;
    private const ulong DeviceEnd = 1UL << 40;
    private const ulong PageSize = 4096;
    private const uint Efer = 0xc000_0080;
    private const uint LongestBlock = 4096;

    private readonly GuestMemory _memory;
    private readonly AddressSpaceWalker _walker;
    private readonly ExecutionMeter _meter = new();
    private readonly Engine _engine;
    private readonly byte[] _code = new byte[LongestBlock];
    private readonly ByteArrayCodeReader _codeReader;
    private readonly Decoder _decoder;
    private readonly List<ulong> _stackPages = [];
    private (ulong Cr3, ulong Bottom, ulong Top)? _open;
    private bool _isSeries;
    private IStoreFilter? _filter;
    private ILoadListener? _loads;
    private ServiceCallResult? _result;
    private ulong _cr3;
    private ulong _entryStack;
    private bool _hasForbiddenCode;

    internal EmulatedService(GuestMemory memory)
    {
        _memory = memory;
        _walker = new AddressSpaceWalker(memory);
        _codeReader = new ByteArrayCodeReader(_code);
        _decoder = Decoder.Create(64, _codeReader);
        _engine = new Engine(this, _meter);
        _engine.MapMemory(memory.Backing);
        _engine.MapDevice(memory.Size, DeviceEnd - memory.Size);
        SetUp();
        _engine.GuardAllPages();
        memory.CodeFrames.Attach(this);
    }

    public void Dispose()
    {
        _memory.CodeFrames.Detach(this);
        _engine.Dispose();
        _meter.Dispose();
    }

    public void DropCode(ReadOnlySpan<GuestPhysicalAddress> frames) =>
        _engine.DropTranslations(MemoryMarshal.Cast<GuestPhysicalAddress, ulong>(frames));

    public void DropAllCode() => _engine.FlushTranslations();

    internal void GuardLoads(ReadOnlySpan<ulong> pages, ILoadListener listener)
    {
        _engine.GuardLoads(pages);
        _loads = listener;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal ServiceCallResult Call(in ServiceCall call)
    {
        ArgumentNullException.ThrowIfNull(call.Filter);
        if (_filter is not null)
        {
            throw new InvalidOperationException("service-inside-itself: a filter may not call the service processor");
        }

        (ulong Cr3, ulong Bottom, ulong Top) place = (call.Cr3, call.StackBottom.Value, call.StackTop.Value);
        if (_open != place)
        {
            CloseStack();
        }

        if (!_walker.TryTranslate(call.Cr3, call.Function, PageAccess.Execute, out _, out _))
        {
            return new ServiceCallResult(ServiceCallEnd.BadFunction, Rip: call.Function.Value, Address: call.Function.Value);
        }

        _filter = call.Filter;
        try
        {
            if (_open == place)
            {
                WriteReturnAddress();
            }
            else if (OpenStack(in call) is { } refused)
            {
                return refused;
            }
            else
            {
                _open = place;
                _cr3 = call.Cr3;
                _engine.FlushAddresses();
            }

            return Run(in call);
        }
        finally
        {
            _filter = null;
            if (!_isSeries)
            {
                CloseStack();
            }
        }
    }

    internal void BeginCalls() => _isSeries = true;

    internal void EndCalls()
    {
        _isSeries = false;
        CloseStack();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IEngineCallbacks.OnBlock(ulong address, uint size)
    {
        if (_result is null && _meter.Countdown < 0)
        {
            _result = new ServiceCallResult(ServiceCallEnd.Overran, Rip: address);
        }

        if (_result is not null)
        {
            _engine.Stop();
        }
    }

    void IEngineCallbacks.OnTranslated(ulong physicalPage) => _memory.CodeFrames.Add(new GuestPhysicalAddress(physicalPage));

    // The emulator executes most of what is forbidden without telling, so code is looked at when it is translated.
    void IEngineCallbacks.OnBlockTranslated(ulong address, uint size)
    {
        int length = (int)Math.Min(size, LongestBlock);
        if (!TryFetch(address, _code.AsSpan(0, length)))
        {
            return;
        }

        _codeReader.Position = 0;
        _decoder.IP = address;
        while (_decoder.IP < address + (ulong)length)
        {
            _decoder.Decode(out Instruction instruction);
            if (ServiceInstructions.IsForbidden(in instruction))
            {
                // Dropped after the call, so that it is looked at again the next time.
                _hasForbiddenCode = true;
                End(new ServiceCallResult(
                    ServiceInstructions.IsPortAccess(in instruction) ? ServiceCallEnd.ForbiddenAccess : ServiceCallEnd.ForbiddenInstruction,
                    Rip: instruction.IP,
                    Address: PortOf(in instruction)));
                return;
            }
        }
    }

    void IEngineCallbacks.OnBreakpoint(ulong address)
    {
    }

    void IEngineCallbacks.OnInstruction(ulong address)
    {
    }

    void IEngineCallbacks.OnWatchedLoad(ulong physicalAddress, int size)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IEngineCallbacks.OnInterrupt(uint vector)
    {
        CpuContext context = _engine.Context;
        context.Save();
        ulong rip = context.Rip;
        if (rip != ReturnAddress)
        {
            End(new ServiceCallResult(ServiceCallEnd.Faulted, Rip: rip, Vector: (byte)vector, Address: vector == ExceptionVector.PageFault ? context.Cr2 : 0));
        }
        else if (context[4] == _entryStack + sizeof(ulong))
        {
            End(new ServiceCallResult(ServiceCallEnd.Returned, context[0]));
        }
        else
        {
            End(new ServiceCallResult(ServiceCallEnd.Faulted, Rip: rip, Vector: ExceptionVector.StackFault, Address: context[4]));
        }

        _engine.Stop();
    }

    bool IEngineCallbacks.OnInvalidInstruction()
    {
        End(new ServiceCallResult(ServiceCallEnd.Faulted, Rip: _engine.Rip, Vector: ExceptionVector.InvalidOpcode));
        return false;
    }

    uint IEngineCallbacks.OnPortRead(ushort port, int size)
    {
        End(new ServiceCallResult(ServiceCallEnd.ForbiddenAccess, Rip: _engine.Rip, Address: port));
        return uint.MaxValue;
    }

    void IEngineCallbacks.OnPortWrite(ushort port, int size, uint value) =>
        End(new ServiceCallResult(ServiceCallEnd.ForbiddenAccess, Rip: _engine.Rip, Address: port));

    void IEngineCallbacks.OnSyscall() => EndForbidden();

    void IEngineCallbacks.OnCpuid() => EndForbidden();

    void IEngineCallbacks.OnTimestamp(bool withProcessorId) => EndForbidden();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    bool IEngineCallbacks.OnGuardedStore(ulong physicalAddress, int size, ulong value)
    {
        if (_result is not null)
        {
            return false;
        }

        if ((physicalAddress % PageSize) + (ulong)size > PageSize)
        {
            // Comes again byte by byte.
            return true;
        }

        GuestPhysicalAddress address = new(physicalAddress);
        if (!_filter!.Allows(address, size))
        {
            End(new ServiceCallResult(ServiceCallEnd.ForbiddenStore, Rip: _engine.Rip, Address: physicalAddress));
            return false;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _memory.Write(address, bytes[..size]);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IEngineCallbacks.OnGuardedLoad(ulong physicalAddress, int size)
    {
        if (_result is null && _loads is { } loads && !loads.AllowsServiceLoad(new GuardedLoad(-1, new GuestPhysicalAddress(physicalAddress), size)))
        {
            End(new ServiceCallResult(ServiceCallEnd.ForbiddenLoad, Rip: _engine.Rip, Address: physicalAddress));
        }
    }

    ulong IEngineCallbacks.OnDeviceRead(ulong physicalAddress, int size)
    {
        End(new ServiceCallResult(ServiceCallEnd.ForbiddenAccess, Rip: _engine.Rip, Address: physicalAddress));
        return ulong.MaxValue;
    }

    void IEngineCallbacks.OnDeviceWrite(ulong physicalAddress, int size, ulong value) =>
        End(new ServiceCallResult(ServiceCallEnd.ForbiddenAccess, Rip: _engine.Rip, Address: physicalAddress));

    void IEngineCallbacks.OnUnmapped(ulong physicalAddress, int size) =>
        End(new ServiceCallResult(ServiceCallEnd.ForbiddenAccess, Rip: _engine.Rip, Address: physicalAddress));

    // 64-bit mode at privilege level 0 with flat segments and empty descriptor tables. Each call begins with this state.
    private void SetUp()
    {
        const uint codeAttributes = (1 << 23) | (1 << 21) | (1 << 15) | (1 << 12) | (1 << 11) | (1 << 9) | (1 << 8);
        const uint dataAttributes = (1 << 23) | (1 << 22) | (1 << 15) | (1 << 12) | (1 << 9) | (1 << 8);
        _engine.WriteMsr(Efer, 0x901);
        _engine.Cr4 = (1 << 5) | (1 << 9);
        _engine.Cr0 = 1 | (1 << 4) | (1 << 5) | (1 << 16) | (1UL << 31);
        _engine.SetGdt(0, 0);
        _engine.SetIdt(0, 0);
        CpuContext start = _engine.Scratch;
        start.Save();
        for (int i = 0; i < 16; i++)
        {
            start[i] = 0;
        }

        start.SetSegment(SegmentIndex.Cs, new SegmentRegister(0x10, 0, uint.MaxValue, codeAttributes));
        foreach (SegmentIndex index in (ReadOnlySpan<SegmentIndex>)[SegmentIndex.Ss, SegmentIndex.Ds, SegmentIndex.Es, SegmentIndex.Fs, SegmentIndex.Gs])
        {
            start.SetSegment(index, new SegmentRegister(0x18, 0, uint.MaxValue, dataAttributes));
        }

        start.Cpl = 0;
        start.ClearPendingException();
        start.Eflags = 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ServiceCallResult Run(in ServiceCall call)
    {
        CpuContext start = _engine.Scratch;
        start[7] = call.Argument0;
        start[6] = call.Argument1;
        start[2] = call.Argument2;
        start[4] = _entryStack = call.StackTop.Value - sizeof(ulong);
        start.Rip = call.Function.Value;
        start.Cr3 = call.Cr3;
        start.Restore();
        DropStaleCode();
        _result = null;
        _meter.Countdown = (long)Math.Min(call.Budget, long.MaxValue / 2);
        EngineStatus status = _engine.Run(call.Function.Value);
        if (_hasForbiddenCode)
        {
            _hasForbiddenCode = false;
            _engine.FlushTranslations();
        }

        return _result ?? new ServiceCallResult(ServiceCallEnd.Faulted, Rip: _engine.Rip, Vector: VectorOf(status));
    }

    private static byte VectorOf(EngineStatus status) =>
        status == EngineStatus.InvalidInstruction ? ExceptionVector.InvalidOpcode : ExceptionVector.GeneralProtection;

    // Inside a store of another processor its caches can't be touched: it drops them itself when its block has ended.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void DropStaleCode()
    {
        if (!_memory.CodeFrames.IsRunning)
        {
            _memory.CodeFrames.DropStale();
        }
        else if (_memory.CodeFrames.AreStale)
        {
            _engine.FlushTranslations();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ServiceCallResult? OpenStack(in ServiceCall call)
    {
        if (call.StackBottom.Value % PageSize != 0 || call.StackTop.Value % PageSize != 0 || call.StackTop.Value <= call.StackBottom.Value)
        {
            return new ServiceCallResult(ServiceCallEnd.BadStack, Address: call.StackTop.Value);
        }

        for (ulong at = call.StackBottom.Value; at < call.StackTop.Value; at += PageSize)
        {
            if (!_walker.TryTranslate(call.Cr3, new GuestVirtualAddress(at), PageAccess.Write, out Translation translation, out _))
            {
                return new ServiceCallResult(ServiceCallEnd.BadStack, Address: at);
            }

            ulong page = translation.Address.Value / PageSize;
            _engine.OpenPage(page, true);
            _stackPages.Add(page);
        }

        WriteReturnAddress();
        return null;
    }

    private void WriteReturnAddress() =>
        _memory.WriteUInt64(new GuestPhysicalAddress((_stackPages[^1] * PageSize) + PageSize - sizeof(ulong)), ReturnAddress);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CloseStack()
    {
        foreach (ulong page in _stackPages)
        {
            _engine.OpenPage(page, false);
        }

        _stackPages.Clear();
        _open = null;
    }

    private bool TryFetch(ulong address, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!_walker.TryTranslate(_cr3, new GuestVirtualAddress(address), PageAccess.Read, out Translation translation, out _))
            {
                return false;
            }

            int length = (int)Math.Min((ulong)bytes.Length, PageSize - (address % PageSize));
            _memory.Read(translation.Address, bytes[..length]);
            bytes = bytes[length..];
            address += (ulong)length;
        }

        return true;
    }

    // The number that an instruction names; one in DX is told by the hook, where there is one.
    private static ulong PortOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Out when instruction.Op0Kind == OpKind.Immediate8 => instruction.Immediate8,
        Mnemonic.In when instruction.Op1Kind == OpKind.Immediate8 => instruction.Immediate8,
        _ => 0,
    };

    private void EndForbidden() => End(new ServiceCallResult(ServiceCallEnd.ForbiddenInstruction, Rip: _engine.Rip));

    // The first reason counts. The run stops at the next block; until then stores are refused.
    private void End(ServiceCallResult result)
    {
        _result ??= result;
        _meter.Countdown = -1;
    }
}
