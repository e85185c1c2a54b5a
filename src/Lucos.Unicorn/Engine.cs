using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>One emulated x86-64 processor. Not thread-safe: one engine, one thread.</summary>
public sealed unsafe partial class Engine : IDisposable
{
    private const int ArchX86 = 4;
    private const int Mode64 = 8;
    private const uint PermissionAll = 7;
    private const uint PermissionReadExecute = 5;
    private const uint FlushTranslationsControl = 10 | (1u << 30);
    internal const uint FlushTlbControl = 11 | (1u << 30);

    // Not canonical, so no jump of the guest ever reaches it: the run never ends for having come to an address.
    private const ulong NowhereToStop = 0x7fff_ffff_ffff_fff0;

    private readonly EngineHandle _handle;
    private readonly IEngineCallbacks _callbacks;
    private readonly GCHandle _self;
    private readonly Dictionary<ulong, nint> _breakpoints = [];
    private readonly Dictionary<(ulong Start, ulong Length), nint> _guards = [];
    private readonly List<SharedMemory> _mapped = [];
    private nint _blob;
    private readonly nint _scratch;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Creates a processor in 64-bit mode without paging, with no memory.</summary>
    /// <param name="callbacks">Receives what the run reports.</param>
    /// <param name="meter">Counts blocks; owned by the caller.</param>
    /// <exception cref="UnicornException">The library is missing, too old, or its private layout is not a known one.</exception>
    public Engine(IEngineCallbacks callbacks, ExecutionMeter meter)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        ArgumentNullException.ThrowIfNull(meter);
        UnicornLibrary.Version.Require();
        _callbacks = callbacks;
        Meter = meter;
        _handle = Open();
        _self = GCHandle.Alloc(this);
        _blob = AllocateContext();
        _scratch = AllocateContext();
        Context = new CpuContext(_handle.Pointer, _blob, ContextProbe.Layout);
        Scratch = new CpuContext(_handle.Pointer, _scratch, ContextProbe.Layout);
        InstallHooks();
    }

    /// <summary>The processor's state: save, change, restore.</summary>
    public CpuContext Context { get; }

    /// <summary>A second copy, for code that must not disturb <see cref="Context"/>.</summary>
    public CpuContext Scratch { get; }

    /// <summary>The meter that counts this engine's blocks.</summary>
    public ExecutionMeter Meter { get; }

    /// <summary>Maps RAM, readable, writable and executable.</summary>
    public void MapMemory(ulong physicalAddress, SharedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _mapped.Add(memory);
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_mem_map_ptr(_handle, physicalAddress, memory.Length, PermissionAll, memory.Pointer), "uc_mem_map_ptr");
    }

    /// <summary>Maps device memory, whose accesses are reported with their physical address.</summary>
    public void MapDevice(ulong physicalAddress, ulong length)
    {
        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, ulong> read = &DeviceReadHook;
        delegate* unmanaged[Cdecl]<nint, ulong, uint, ulong, nint, void> write = &DeviceWriteHook;
        _deviceBase = physicalAddress;
        nint self = GCHandle.ToIntPtr(_self);
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_mmio_map(_handle, physicalAddress, length, read, self, write, self), "uc_mmio_map");
        AddUnmappedHook(physicalAddress + length);
    }

    /// <summary>Runs from <paramref name="rip"/> until a callback stops it, the processor halts, or something is not handled.</summary>
    public EngineStatus Run(ulong rip)
    {
        Meter.Select(GCHandle.ToIntPtr(_self));
        UcError error = UnicornApi.uc_emu_start(_handle, rip, NowhereToStop, 0, 0);

        // At its end every run drops the translation at the address to stop at, and to find that it walks the guest's tables: what comes
        // of that is a #GP nobody delivers, left pending. Two of them, and the guest's next page fault would be read as a triple fault.
        Context.Save();
        Context.ClearPendingException();
        Context.Restore();
        Rethrow();
        return error switch
        {
            UcError.Ok => EngineStatus.Stopped,
            UcError.ReadUnmapped or UcError.WriteUnmapped or UcError.FetchUnmapped => EngineStatus.Unmapped,
            UcError.InvalidInstruction => EngineStatus.InvalidInstruction,
            UcError.WriteProtected => EngineStatus.WriteRefused,
            UcError.Exception => EngineStatus.UnhandledException,
            _ => EngineStatus.Failed,
        };
    }

    /// <summary>Stops the run. To be called from <see cref="IEngineCallbacks.OnBlock"/> or a breakpoint, where it is exact.</summary>
    public void Stop() => _ = UnicornApi.uc_emu_stop(_handle.Pointer);

    /// <summary>Drops all translated code, so that code written from outside is seen.</summary>
    public void FlushTranslations() => UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(_handle, FlushTranslationsControl, 0, 0), "uc_ctl_flush_tb");

    /// <summary>Drops all cached address translations, so that page tables written from outside are seen.</summary>
    public void FlushAddresses() => UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(_handle, FlushTlbControl, 0, 0), "uc_ctl_flush_tlb");

    /// <summary>Has <see cref="IEngineCallbacks.OnBreakpoint"/> called before the instruction at a linear address.</summary>
    public void AddBreakpoint(ulong address)
    {
        if (_breakpoints.ContainsKey(address))
        {
            return;
        }

        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> callback = &CodeHook;
        _breakpoints[address] = AddHook(UcHookType.Code, callback, address, address, 0);
        FlushTranslations();
    }

    /// <summary>Takes a breakpoint away; one that is not there is no error.</summary>
    public void RemoveBreakpoint(ulong address)
    {
        if (_breakpoints.Remove(address, out nint hook))
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_hook_del(_handle, hook), "uc_hook_del");
            FlushTranslations();
        }
    }

    /// <summary>Closes pages to stores, whatever the guest's page tables say, and reports each store. Not to be called from a callback.</summary>
    public void Guard(ulong physicalAddress, ulong length)
    {
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, byte> callback = &GuardHook;
        Protect(physicalAddress, length, PermissionReadExecute);
        _guards[(physicalAddress, length)] = AddHook(UcHookType.WriteProtected, callback, physicalAddress, physicalAddress + length - 1, 0);
    }

    /// <summary>Opens pages that <see cref="Guard"/> closed with the same range.</summary>
    public void Unguard(ulong physicalAddress, ulong length)
    {
        if (_guards.Remove((physicalAddress, length), out nint hook))
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_hook_del(_handle, hook), "uc_hook_del");
            Protect(physicalAddress, length, PermissionAll);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_blob != 0)
        {
            _ = UnicornApi.uc_context_free(_blob);
            _ = UnicornApi.uc_context_free(_scratch);
            _blob = 0;
            _handle.Dispose();
            _self.Free();
        }
    }

    internal static EngineHandle Open()
    {
        nint engine = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_open(ArchX86, Mode64, &engine), "uc_open");
        return new EngineHandle(engine);
    }

    // uc_mem_protect walks the guest's tables by mistake and clobbers CR2 and the pending-exception state: put them back.
    private void Protect(ulong physicalAddress, ulong length, uint permissions)
    {
        Scratch.Save();
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_protect(_handle, physicalAddress, length, permissions), "uc_mem_protect");
        Scratch.Restore();
        FlushAddresses();
    }

    private nint AllocateContext()
    {
        nint blob = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_alloc(_handle, &blob), "uc_context_alloc");
        return blob;
    }

    private void Rethrow()
    {
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }
}
