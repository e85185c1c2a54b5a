using System.Runtime.CompilerServices;
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
    private const uint PermissionExecute = 4;
    private const uint UseExitsControl = 4 | (1u << 30);
    private const uint DropTranslationsControl = 9 | (1u << 30);
    private const uint FlushTranslationsControl = 10 | (1u << 30);
    internal const uint FlushTlbControl = 11 | (1u << 30);

    private const ulong PageSize = 4096;
    private const ulong SupervisorAccessPrevention = 1 << 21;

    private readonly EngineHandle _handle;
    private readonly IEngineCallbacks _callbacks;
    private readonly GCHandle _self;
    private readonly Dictionary<ulong, nint> _breakpoints = [];
    private readonly Dictionary<(ulong Start, ulong Length), nint> _watches = [];
    private SharedMemory? _memory;

    // Physical pages by the linear page that code was translated at: processes have different ones at the same address.
    private readonly Dictionary<ulong, HashSet<ulong>> _translatedAt = [];

    // Physical pages with code that was translated with the checks that ExitChecks leaves out otherwise.
    private readonly HashSet<ulong> _checkedPages = [];
    private int _reports;
    private bool _mayRefuse;
    private nint _blob;
    private readonly nint _scratch;
    private readonly nint _viewBlob;
    private readonly nint _flatBlob;
    private readonly nint _asideBlob;
    private readonly CpuContext _flat;
    private readonly CpuContext _aside;
    private StoreGuard? _guard;
    private LoadGuard? _loadGuard;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Creates a processor in 64-bit mode without paging, with no memory.</summary>
    /// <param name="callbacks">Receives what the run reports.</param>
    /// <param name="meter">Counts blocks; owned by the caller.</param>
    /// <param name="shortcuts">Which ways past the API to take, if they are found.</param>
    /// <exception cref="UnicornException">The library is missing, too old, or its private layout is not a known one.</exception>
    public Engine(IEngineCallbacks callbacks, ExecutionMeter meter, EngineShortcuts shortcuts = EngineShortcuts.All)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        ArgumentNullException.ThrowIfNull(meter);
        UnicornLibrary.Version.Require();
        _callbacks = callbacks;
        Meter = meter;
        _handle = Open();
        Shortcuts = shortcuts & UnicornLibrary.AllowedShortcuts & (meter.CanCountInline ? EngineShortcuts.All : ~EngineShortcuts.InlineCounting);
        Shortcuts &= ExitChecks.CanBeSkipped ? EngineShortcuts.All : ~EngineShortcuts.NoExitChecks;
        Shortcuts &= RegionRemoval.CanBeQuick ? EngineShortcuts.All : ~EngineShortcuts.QuickRemoval;
        SkipExitChecks(true);
        _self = GCHandle.Alloc(this);
        _blob = AllocateContext();
        _scratch = AllocateContext();
        nint state = Shortcuts.HasFlag(EngineShortcuts.LiveState) ? LiveState.Find(_handle, _blob) : 0;
        Shortcuts &= state != 0 ? EngineShortcuts.All : ~EngineShortcuts.LiveState;
        Context = new CpuContext(_handle.Pointer, _blob, ContextProbe.Layout, state);
        Scratch = new CpuContext(_handle.Pointer, _scratch, ContextProbe.Layout);
        _viewBlob = Context.IsLive ? 0 : AllocateContext();
        RequireLiveState(meter);
        View = Context.IsLive ? Context : new CpuContext(_handle.Pointer, _viewBlob, ContextProbe.Layout);
        _flatBlob = AllocateContext();
        _asideBlob = AllocateContext();
        _flat = new CpuContext(_handle.Pointer, _flatBlob, ContextProbe.Layout);
        _aside = new CpuContext(_handle.Pointer, _asideBlob, ContextProbe.Layout);
        RunFirstBlock();
        _flat.Save();
        _flat.UseUntranslatedAddresses();
        Control(UseExitsControl, 1, 0, "uc_ctl_exits_enable");
        InstallHooks();
    }

    /// <summary>The ways past the API that this engine takes.</summary>
    public EngineShortcuts Shortcuts { get; }

    /// <summary>The processor's state: save, change, restore.</summary>
    public CpuContext Context { get; }

    /// <summary>Always a copy, for code that must not disturb <see cref="Context"/>, or keeps a state to put back.</summary>
    public CpuContext Scratch { get; }

    /// <summary>For looking at the state inside any callback: the state in place, or a third copy where that was not found.</summary>
    public CpuContext View { get; }

    /// <summary>The processor's number, which goes into the digests of a trail.</summary>
    public int Processor { get; set; }

    /// <summary>The meter that counts this engine's blocks.</summary>
    public ExecutionMeter Meter { get; }

    private bool MayStopInBlock => _breakpoints.Count > 0 || _reports > 0 || _mayRefuse;

    /// <summary>The library's number for how the last run ended; 0 when it was stopped or halted.</summary>
    public int LastError { get; private set; }

    /// <summary>Pairs of a linear and a physical page that code was translated at since <see cref="FlushTranslations"/>; each is remembered.</summary>
    public int TranslatedPlaces { get; private set; }

    /// <summary>Maps RAM from physical address 0 on, readable, writable and executable.</summary>
    /// <exception cref="InvalidOperationException">There is RAM already.</exception>
    public void MapMemory(SharedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (_guard is not null)
        {
            throw new InvalidOperationException("memory-mapped: an engine has one memory");
        }

        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, byte> callback = &GuardHook;
        _memory = memory;
        _guard = new StoreGuard(_handle, memory, GCHandle.ToIntPtr(_self), callback, Shortcuts.HasFlag(EngineShortcuts.QuickRemoval));
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, void> load = &GuardedLoadHook;
        _loadGuard = new LoadGuard(memory.Length, GCHandle.ToIntPtr(_self), load);
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
    /// <param name="rip">Where.</param>
    /// <param name="reportFirstBlock">Whether <see cref="IEngineCallbacks.OnBlock"/> is called for the first block whatever the countdown says.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public EngineStatus Run(ulong rip, bool reportFirstBlock = false)
    {
        Meter.Select(GCHandle.ToIntPtr(_self), _handle.Pointer, MayStopInBlock);
        if (Meter.Trail is not null)
        {
            Meter.SelectTrail(Context.LiveRegisters, Processor);
        }

        Meter.EndInterrupt();
        if (reportFirstBlock)
        {
            Meter.CallAtNextBlock();
        }

        // Another engine over the same memory may be inside a callback: it must hear of stores to code, of this one's too.
        nint outer = _memory?.Watch.Notify(Meter.UserData) ?? 0;
        Context.IsRunning = Scratch.IsRunning = View.IsRunning = true;
        UcError error = UnicornApi.uc_emu_start(_handle, rip, 0, 0, 0);
        Context.IsRunning = Scratch.IsRunning = View.IsRunning = false;
        LastError = (int)error;
        ReturnNotice(outer);
        Rethrow();
        return error switch
        {
            UcError.Ok => EngineStatus.Stopped,
            UcError.ReadUnmapped or UcError.WriteUnmapped or UcError.FetchUnmapped => EngineStatus.Unmapped,
            UcError.InvalidInstruction => EngineStatus.InvalidInstruction,
            UcError.WriteProtected => EngineStatus.WriteRefused,
            UcError.FetchProtected => EngineStatus.FetchRefused,
            UcError.Exception => EngineStatus.UnhandledException,
            _ => EngineStatus.Failed,
        };
    }

    /// <summary>
    /// Stops the run. To be called from <see cref="IEngineCallbacks.OnBlock"/> or a breakpoint, where it is exact; from elsewhere it takes
    /// effect at the next block, or behind a memory access that the library then does twice.
    /// </summary>
    public void Stop()
    {
        // Blocks that count by themselves ask for stops only when the countdown has run out.
        Meter.CallAtNextBlock();
        _ = UnicornApi.uc_emu_stop(_handle.Pointer);
    }

    /// <summary>Drops all translated code, so that code written from outside is seen.</summary>
    public void FlushTranslations()
    {
        Control(FlushTranslationsControl, 0, 0, "uc_ctl_flush_tb");
        _translatedAt.Clear();
        _checkedPages.Clear();
        TranslatedPlaces = 0;
    }

    /// <summary>
    /// Drops the translations of all code in some pages, whatever linear addresses it was translated at. Not to be called from a callback.
    /// </summary>
    /// <param name="physicalPages">Physical addresses of the pages, in RAM below 4 GiB.</param>
    public void DropTranslations(ReadOnlySpan<ulong> physicalPages)
    {
        // The library takes a linear address in the processor's present state. Without paging it is the physical one; a state with SMAP
        // has its own address cache in the library, which no guest uses, so the guest's cached addresses stay and need no flush.
        _aside.Save();
        bool shared = (_aside.Cr4 & SupervisorAccessPrevention) != 0;
        if (shared)
        {
            FlushAddresses();
        }

        _flat.Restore();
        foreach (ulong page in physicalPages)
        {
            Control(DropTranslationsControl, page, page + PageSize, "uc_ctl_remove_cache");
        }

        _aside.Restore();
        if (shared)
        {
            FlushAddresses();
        }
    }

    /// <summary>Drops all cached address translations, so that page tables written from outside are seen.</summary>
    public void FlushAddresses() => Control(FlushTlbControl, 0, 0, "uc_ctl_flush_tlb");

    /// <summary>Has <see cref="IEngineCallbacks.OnBreakpoint"/> called before the instruction at a linear address.</summary>
    public void AddBreakpoint(ulong address)
    {
        if (_breakpoints.ContainsKey(address))
        {
            return;
        }

        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> callback = &CodeHook;
        _breakpoints[address] = AddHook(UcHookType.Code, callback, address, address, 0);
        ChooseExitChecks();
        DropTranslationsAt(address);
    }

    /// <summary>Takes a breakpoint away; one that is not there is no error.</summary>
    public void RemoveBreakpoint(ulong address)
    {
        if (_breakpoints.Remove(address, out nint hook))
        {
            DeleteHook(hook);
            DropTranslationsAt(address);
            ChooseExitChecks();
        }
    }

    /// <summary>
    /// Has <see cref="IEngineCallbacks.OnInstruction"/> called before every instruction at some linear addresses, which makes code there much
    /// slower, until <see cref="EndReport"/>. Not to be called from a callback.
    /// </summary>
    /// <param name="first">First address.</param>
    /// <param name="last">Last address.</param>
    public nint ReportInstructions(ulong first, ulong last)
    {
        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> callback = &InstructionHook;
        nint hook = AddHook(UcHookType.Code, callback, first, last, 0);
        _reports++;
        ChooseExitChecks();
        DropTranslationsIn(first, last);
        return hook;
    }

    /// <summary>Ends a report.</summary>
    /// <param name="report">What <see cref="ReportInstructions"/> returned.</param>
    /// <param name="first">First address.</param>
    /// <param name="last">Last address.</param>
    public void EndReport(nint report, ulong first, ulong last)
    {
        DeleteHook(report);
        _reports--;
        DropTranslationsIn(first, last);
        ChooseExitChecks();
    }

    /// <summary>
    /// Has <see cref="IEngineCallbacks.OnWatchedLoad"/> called for loads that touch some physical memory, until <see cref="EndWatch"/>; all
    /// loads are much slower meanwhile. Not to be called from a callback.
    /// </summary>
    public void WatchLoads(ulong physicalAddress, ulong length)
    {
        // The library compares the first byte of a load, which may lie before the range.
        const ulong longestLoad = 64;
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, void> callback = &LoadHook;
        ulong first = physicalAddress - Math.Min(physicalAddress, longestLoad - 1);
        _watches[(physicalAddress, length)] = AddHook(UcHookType.MemoryRead, callback, first, physicalAddress + length - 1, 0);
        FlushTranslations();
    }

    /// <summary>Ends a watch of the same range.</summary>
    public void EndWatch(ulong physicalAddress, ulong length)
    {
        if (_watches.Remove((physicalAddress, length), out nint hook))
        {
            DeleteHook(hook);
            FlushTranslations();
        }
    }

    /// <summary>
    /// Says from which pages loads are reported before they happen, whatever the guest's page tables say: memory may be changed in
    /// <see cref="IEngineCallbacks.OnGuardedLoad"/>, and the load finds it so. All loads and stores are slower while there is such a page; with the
    /// first one and behind the last, code is translated anew. Not to be called from a callback.
    /// </summary>
    /// <param name="physicalPages">Numbers of all guarded pages.</param>
    public void GuardLoads(ReadOnlySpan<ulong> physicalPages)
    {
        LoadGuard guard = _loadGuard ?? throw new InvalidOperationException("no-memory: map memory first");
        guard.Set(physicalPages);
        if (guard.IsNeeded == (guard.Hook != 0))
        {
            return;
        }

        if (guard.IsNeeded)
        {
            nint hook = 0;
            UnicornException.ThrowIfFailed(
                UnicornApi.uc_hook_add(_handle, &hook, UcHookType.MemoryRead, LoadGuard.Callback, guard.UserData, 0, _memory!.Length - 1, 0), "uc_hook_add");
            guard.Hook = hook;
        }
        else
        {
            DeleteHook(guard.Hook);
            guard.Hook = 0;
        }

        FlushTranslations();
    }

    /// <summary>
    /// Says to which pages stores are reported instead of made, whatever the guest's page tables say. Not to be called from a callback.
    /// </summary>
    /// <param name="physicalPages">Numbers of all guarded pages, ascending.</param>
    /// <param name="mayRefuse">
    /// Whether <see cref="IEngineCallbacks.OnGuardedStore"/> may refuse, and the run then ends at that instruction. Only code that asks for a stop
    /// behind each access does so (see <see cref="ExitChecks"/>): the first time and behind the last one, code is translated anew.
    /// </param>
    public void GuardPages(ReadOnlySpan<ulong> physicalPages, bool mayRefuse)
    {
        // Unmapping walks the guest's tables by mistake and clobbers CR2 and the pending-exception state: put them back.
        StoreGuard guard = _guard ?? throw new InvalidOperationException("no-memory: map memory first");
        _aside.Save();
        bool isStale = guard.Set(physicalPages);
        _aside.Restore();
        isStale |= mayRefuse && !_mayRefuse;
        _mayRefuse = mayRefuse;
        ChooseExitChecks();
        if (isStale)
        {
            FlushTranslations();
        }

        FlushAddresses();
    }

    /// <summary>Has stores to all of RAM reported, but for the pages that <see cref="OpenPage"/> names.</summary>
    public void GuardAllPages()
    {
        StoreGuard guard = _guard ?? throw new InvalidOperationException("no-memory: map memory first");
        guard.Guarded.Fill(1);
        guard.CloseAll();
    }

    /// <summary>After <see cref="GuardAllPages"/>: whether a page's stores are made without a report. Costs next to nothing.</summary>
    public void OpenPage(ulong physicalPage, bool isOpen) => _guard!.Guarded[(int)physicalPage] = isOpen ? (byte)0 : (byte)1;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_blob != 0)
        {
            _ = UnicornApi.uc_context_free(_blob);
            _ = UnicornApi.uc_context_free(_scratch);
            if (_viewBlob != 0)
            {
                _ = UnicornApi.uc_context_free(_viewBlob);
            }

            _ = UnicornApi.uc_context_free(_flatBlob);
            _ = UnicornApi.uc_context_free(_asideBlob);
            _blob = 0;
            _handle.Dispose();
            _guard?.Dispose();
            _loadGuard?.Dispose();
            _self.Free();
        }
    }

    internal static EngineHandle Open()
    {
        nint engine = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_open(ArchX86, Mode64, &engine), "uc_open");
        return new EngineHandle(engine);
    }

    // It walks the guest's tables for the addresses, and a fault that it meets is left pending.
    private void DeleteHook(nint hook)
    {
        _aside.Save();
        UnicornException.ThrowIfFailed(UnicornApi.uc_hook_del(_handle, hook), "uc_hook_del");
        _aside.Restore();
    }

    // A block begins before the addresses that lie in it, and may begin in the page before theirs.
    private void DropTranslationsIn(ulong first, ulong last)
    {
        if (last - first >= PageSize)
        {
            FlushTranslations();
            return;
        }

        DropTranslationsAt(first);
        if (last / PageSize != first / PageSize)
        {
            DropTranslationsAt(last);
        }
    }

    private void DropTranslationsAt(ulong address)
    {
        if (_translatedAt.TryGetValue(address / PageSize, out HashSet<ulong>? pages))
        {
            DropTranslations([.. pages]);
        }
    }

    private void SkipExitChecks(bool skipped)
    {
        if (Shortcuts.HasFlag(EngineShortcuts.NoExitChecks))
        {
            ExitChecks.Skip(_handle, skipped);
        }
    }

    // A run that is to stop in the middle of a block needs the checks in the code that is translated from now on. Without one that may, what was
    // translated with them is dropped, because it is slower.
    private void ChooseExitChecks()
    {
        SkipExitChecks(!MayStopInBlock);
        if (!MayStopInBlock && _checkedPages.Count > 0)
        {
            DropTranslations([.. _checkedPages]);
            _checkedPages.Clear();
        }
    }

    // The library reports a translation only when another block has run before it. `jmp 0f; 0:` is that block, in memory of its own.
    private void RunFirstBlock()
    {
        using SharedMemory memory = new(PageSize);
        ReadOnlySpan<byte> jump = [0xeb, 0x00];
        jump.CopyTo(memory.Slice(0, jump.Length));
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_map_ptr(_handle, 0, PageSize, PermissionAll, memory.Pointer), "uc_mem_map_ptr");
        UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(_handle, 0, (ulong)jump.Length, 0, 0), "uc_emu_start");
        FlushTranslations();
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_unmap(_handle, 0, PageSize), "uc_mem_unmap");
        ulong start = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, UcRegister.Rip, &start), "uc_reg_write(RIP)");
    }

    private void RequireLiveState(ExecutionMeter meter)
    {
        if (meter.Trail is not null && !Context.IsLive)
        {
            throw new UnicornException(
                "trail-unavailable: digests of all blocks need the processor's state in place, which was not found in this library or is switched off (LUCOS_UNICORN_SHORTCUTS)");
        }
    }

    private void ReturnNotice(nint outer)
    {
        _memory?.Watch.Notify(outer);
        if (outer != 0 && _memory!.Watch.HasWritten)
        {
            ExecutionMeter.Interrupt(outer);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Control(uint control, ulong first, ulong second, string name) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(_handle, control, first, second), name);

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
