using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>The C side of the callbacks. No exception crosses it: each is caught, stored, and stops the run.</summary>
public sealed unsafe partial class Engine
{
    private ulong _deviceBase;

    private void InstallHooks()
    {
        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> block = &BlockHook;
        delegate* unmanaged[Cdecl]<nint, UcTranslation*, UcTranslation*, nint, void> translated = &TranslatedHook;
        delegate* unmanaged[Cdecl]<nint, uint, nint, void> interrupt = &InterruptHook;
        delegate* unmanaged[Cdecl]<nint, nint, byte> invalid = &InvalidHook;
        delegate* unmanaged[Cdecl]<nint, uint, int, nint, uint> input = &InHook;
        delegate* unmanaged[Cdecl]<nint, uint, int, uint, nint, void> output = &OutHook;
        delegate* unmanaged[Cdecl]<nint, nint, void> syscall = &SyscallHook;
        delegate* unmanaged[Cdecl]<nint, nint, int> cpuid = &CpuidHook;
        delegate* unmanaged[Cdecl]<nint, nint, int> rdtsc = &RdtscHook;
        delegate* unmanaged[Cdecl]<nint, nint, int> rdtscp = &RdtscpHook;

        Meter.Connect(block);
        nint hook = 0;
        bool inline = Shortcuts.HasFlag(EngineShortcuts.InlineCounting);
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_hook_add(_handle, &hook, UcHookType.Block, Meter.Callback(inline), Meter.UserData, 1, 0, 0), "uc_hook_add");
        AddHook(UcHookType.EdgeGenerated, translated, 1, 0, 0);
        AddHook(UcHookType.Interrupt, interrupt, 1, 0, 0);
        AddHook(UcHookType.InvalidInstruction, invalid, 1, 0, 0);
        AddHook(UcHookType.Instruction, input, 1, 0, UcInstruction.In);
        AddHook(UcHookType.Instruction, output, 1, 0, UcInstruction.Out);
        AddHook(UcHookType.Instruction, syscall, 1, 0, UcInstruction.Syscall);
        AddHook(UcHookType.Instruction, cpuid, 1, 0, UcInstruction.Cpuid);
        AddHook(UcHookType.Instruction, rdtsc, 1, 0, UcInstruction.Rdtsc);
        AddHook(UcHookType.Instruction, rdtscp, 1, 0, UcInstruction.Rdtscp);
    }

    // Only above RAM: this kind of hook over RAM makes every access 4-6 times slower.
    private void AddUnmappedHook(ulong begin)
    {
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, byte> callback = &UnmappedHook;
        AddHook(UcHookType.MemoryUnmapped, callback, begin, ulong.MaxValue, 0);
    }

    private nint AddHook(int type, void* callback, ulong begin, ulong end, int instruction)
    {
        nint hook = 0;
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_hook_add(_handle, &hook, type, callback, GCHandle.ToIntPtr(_self), begin, end, instruction), "uc_hook_add");
        return hook;
    }

    private static Engine From(nint user) => (Engine)GCHandle.FromIntPtr(user).Target!;

    private void Fail(Exception failure)
    {
        _failure ??= ExceptionDispatchInfo.Capture(failure);
        Meter.Countdown = 0;
        Stop();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlockHook(nint engine, ulong address, uint size, nint cells)
    {
        if (!ExecutionMeter.IsDue(cells))
        {
            return;
        }

        Engine self = From(ExecutionMeter.UserOf(cells));
        try
        {
            if (self._failure is null)
            {
                self._callbacks.OnBlock(address, size);
            }
            else
            {
                self.Stop();
            }
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void TranslatedHook(nint engine, UcTranslation* block, UcTranslation* before, nint user)
    {
        Engine self = From(user);
        try
        {
            self.ReportTranslated(block->Address, block->Size);
            self._callbacks.OnBlockTranslated(block->Address, block->Size);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    // The addresses have just been fetched from, so the library answers from its cache: with what it translated, whatever the guest's
    // tables have come to say since.
    private void ReportTranslated(ulong address, uint size)
    {
        ulong last = address + Math.Max(size, 1) - 1;
        ReportTranslatedPage(address);
        if (last / PageSize != address / PageSize)
        {
            ReportTranslatedPage(last);
        }
    }

    private void ReportTranslatedPage(ulong address)
    {
        ulong physical = 0;
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_vmem_translate(_handle.Pointer, address, PermissionExecute, &physical), "uc_vmem_translate");
        ulong page = physical & ~(PageSize - 1);
        ref HashSet<ulong>? pages = ref CollectionsMarshal.GetValueRefOrAddDefault(_translatedAt, address / PageSize, out _);
        pages ??= [];
        TranslatedPlaces += pages.Add(page) ? 1 : 0;
        if (MayStopInBlock)
        {
            _checkedPages.Add(page);
        }

        _callbacks.OnTranslated(page);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void CodeHook(nint engine, ulong address, uint size, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnBreakpoint(address);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void InstructionHook(nint engine, ulong address, uint size, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnInstruction(address);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InterruptHook(nint engine, uint vector, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnInterrupt(vector);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte InvalidHook(nint engine, nint user)
    {
        Engine self = From(user);
        try
        {
            return self._callbacks.OnInvalidInstruction() ? (byte)1 : (byte)0;
        }
        catch (Exception e)
        {
            self.Fail(e);
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint InHook(nint engine, uint port, int size, nint user)
    {
        Engine self = From(user);
        try
        {
            return self._callbacks.OnPortRead((ushort)port, size);
        }
        catch (Exception e)
        {
            self.Fail(e);
            return uint.MaxValue;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OutHook(nint engine, uint port, int size, uint value, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnPortWrite((ushort)port, size, value);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void SyscallHook(nint engine, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnSyscall();
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CpuidHook(nint engine, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnCpuid();
        }
        catch (Exception e)
        {
            self.Fail(e);
        }

        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RdtscHook(nint engine, nint user) => From(user).Timestamp(withProcessorId: false);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RdtscpHook(nint engine, nint user) => From(user).Timestamp(withProcessorId: true);

    private int Timestamp(bool withProcessorId)
    {
        try
        {
            _callbacks.OnTimestamp(withProcessorId);
        }
        catch (Exception e)
        {
            Fail(e);
        }

        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte GuardHook(nint engine, int type, ulong address, int size, long value, nint cells)
    {
        Engine self = From(StoreGuard.UserOf(cells));
        try
        {
            return self._callbacks.OnGuardedStore(address, size, (ulong)value) ? (byte)1 : (byte)0;
        }
        catch (Exception e)
        {
            self.Fail(e);
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void LoadHook(nint engine, int type, ulong address, int size, long value, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnWatchedLoad(address, size);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GuardedLoadHook(nint engine, int type, ulong address, int size, long value, nint cells)
    {
        Engine self = From(LoadGuard.UserOf(cells));
        try
        {
            self._callbacks.OnGuardedLoad(address, size);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte UnmappedHook(nint engine, int type, ulong address, int size, long value, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnUnmapped(address, size);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }

        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong DeviceReadHook(nint engine, ulong offset, uint size, nint user)
    {
        Engine self = From(user);
        try
        {
            return self._callbacks.OnDeviceRead(self._deviceBase + offset, (int)size);
        }
        catch (Exception e)
        {
            self.Fail(e);
            return ulong.MaxValue;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DeviceWriteHook(nint engine, ulong offset, uint size, ulong value, nint user)
    {
        Engine self = From(user);
        try
        {
            self._callbacks.OnDeviceWrite(self._deviceBase + offset, (int)size, value);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }
    }
}
