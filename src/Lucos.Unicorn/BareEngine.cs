using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// A processor as the library gives it: 64-bit mode, no hooks, no clock, no devices. Benchmarks measure the machine against it; it can
/// run code that neither faults nor calls a kernel, and nothing else.
/// </summary>
public sealed unsafe class BareEngine : IDisposable
{
    private const uint PermissionAll = 7;
    private const uint EferMsr = 0xc000_0080;
    private const ulong EferLongModeNoExecute = 0x900;
    private const ulong Cr4PhysicalAddressExtension = 0x20;
    private const ulong Cr0ProtectedPaging = 0x8001_0011;

    private readonly EngineHandle _handle;
    private readonly SharedMemory _memory;

    /// <summary>Makes an engine whose physical memory, from address 0 on, is <paramref name="memory"/>.</summary>
    /// <param name="memory">Its RAM; the caller disposes of it after this object.</param>
    /// <exception cref="UnicornException">The library is missing or too old.</exception>
    public BareEngine(SharedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        UnicornLibrary.Version.Require();
        _memory = memory;
        _handle = Engine.Open();
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_mem_map_ptr(_handle, 0, memory.Length, PermissionAll, memory.Pointer), "uc_mem_map_ptr");
    }

    /// <summary>
    /// Turns paging on. Without it every page is executable, and the library sends stores to executable pages a slow way: a comparison
    /// with a guest, whose data is not executable, would flatter the guest.
    /// </summary>
    /// <param name="pml4">Physical address of the tables.</param>
    public void EnablePaging(ulong pml4)
    {
        UcMsr efer = new() { Id = EferMsr, Value = EferLongModeNoExecute };
        Set(UcRegister.Cr4, Cr4PhysicalAddressExtension);
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, UcRegister.Msr, &efer), "uc_reg_write(EFER)");
        Set(UcRegister.Cr3, pml4);
        Set(UcRegister.Cr0, Cr0ProtectedPaging);
        SetFlatSegments();
    }

    /// <summary>Has every block counted, as <see cref="Engine"/> does.</summary>
    /// <param name="meter">Counts; must outlive this object and be no other engine's.</param>
    /// <param name="inline">Whether blocks count by themselves, or call the hook.</param>
    /// <returns>Whether this library's blocks let themselves be counted so.</returns>
    public bool CountBlocks(ExecutionMeter meter, bool inline)
    {
        ArgumentNullException.ThrowIfNull(meter);
        meter.Countdown = long.MaxValue;
        AddBlockHook(meter, meter.Callback(inline));
        return !inline || meter.CanCountInline;
    }

    /// <summary>
    /// Has blocks begin with nothing before them, not even the library's question for a stop, which no monitor can do: the library's translation alone.
    /// The run ends where it is to, or never.
    /// </summary>
    /// <param name="meter">Lends its hook; must outlive this object and be no other engine's.</param>
    /// <returns>Whether this library's blocks let themselves be rewritten.</returns>
    public bool LeaveHeadsOut(ExecutionMeter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        if (!meter.CanCountInline)
        {
            return false;
        }

        meter.Countdown = long.MaxValue;
        AddBlockHook(meter, meter.SkippingCallback());
        return true;
    }

    /// <summary>Leaves out the library's question for a stop behind each load and store.</summary>
    /// <returns>Whether this library lets itself be told so.</returns>
    public bool SkipExitChecks()
    {
        ExitChecks.Skip(_handle, skipped: true);
        return ExitChecks.CanBeSkipped;
    }

    /// <summary>Calls a function and runs until it returns.</summary>
    /// <param name="function">Address of its first instruction.</param>
    /// <param name="argument">Its first argument (RDI).</param>
    /// <param name="stackTop">A 16-byte aligned address with free memory below it.</param>
    /// <param name="returnAddress">Where the run ends: an address that the function does not reach otherwise.</param>
    /// <exception cref="UnicornException">The code faulted.</exception>
    public void Call(ulong function, ulong argument, ulong stackTop, ulong returnAddress)
    {
        // The library lets its cache of address translations grow only when it is flushed, which a kernel does all the time.
        UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(_handle, Engine.FlushTlbControl, 0, 0), "uc_ctl_flush_tlb");
        PrepareCall(argument, stackTop, returnAddress);
        UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(_handle, function, returnAddress, 0, 0), "uc_emu_start");
    }

    /// <summary>Calls a function like <see cref="Call"/>, one instruction at a time, and counts them. Very slow.</summary>
    public ulong CountInstructions(ulong function, ulong argument, ulong stackTop, ulong returnAddress)
    {
        ulong count = 0;
        PrepareCall(argument, stackTop, returnAddress);
        for (ulong rip = function; rip != returnAddress; count++)
        {
            UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(_handle, rip, returnAddress, 0, 1), "uc_emu_start");
            UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(_handle.Pointer, UcRegister.Rip, &rip), "uc_reg_read(RIP)");
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void AddBlockHook(ExecutionMeter meter, void* callback)
    {
        nint hook = 0;
        meter.Select(0, _handle.Pointer, keepsBlockEnd: false);
        UnicornException.ThrowIfFailed(UnicornApi.uc_hook_add(_handle, &hook, UcHookType.Block, callback, meter.UserData, 1, 0, 0), "uc_hook_add");
    }

    private void PrepareCall(ulong argument, ulong stackTop, ulong returnAddress)
    {
        ulong stack = stackTop - sizeof(ulong);
        BitConverter.TryWriteBytes(_memory.Slice(stack, sizeof(ulong)), returnAddress);
        Set(UcRegister.Rdi, argument);
        Set(UcRegister.Rsp, stack);
    }

    // Turning paging on makes the library look at the segments, which are empty in a new engine: a 64-bit code segment keeps it in 64-bit mode.
    private void SetFlatSegments()
    {
        const uint present = 1 << 15, notSystem = 1 << 12, accessed = 1 << 8, readWrite = 1 << 9, granular = 1 << 23;
        const uint code = present | notSystem | accessed | readWrite | granular | (1 << 21) | (1 << 11);
        const uint data = present | notSystem | accessed | readWrite | granular | (1 << 22);
        nint blob = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_alloc(_handle, &blob), "uc_context_alloc");
        var context = new CpuContext(_handle.Pointer, blob, ContextProbe.Layout);
        context.Save();
        context.SetSegment(SegmentIndex.Cs, new SegmentRegister(0x10, 0, uint.MaxValue, code));
        context.SetSegment(SegmentIndex.Ss, new SegmentRegister(0x18, 0, uint.MaxValue, data));
        context.Cpl = 0;
        context.Restore();
        _ = UnicornApi.uc_context_free(blob);
    }

    private void Set(UcRegister register, ulong value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, register, &value), $"uc_reg_write({register})");
}
