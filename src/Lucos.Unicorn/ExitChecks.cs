using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// The library has translated code ask after every load and store whether the run was stopped in a hook: a call each time, which also
/// writes all cached registers back. This monitor stops at block boundaries only, where the library asks anyway; without the others code
/// that works on memory runs about twice as fast. The switch for it (<c>no_exit_request</c>) has no API: it is found by experiment in the
/// engine's own structure, and where that fails the checks stay, which is right and slow. It acts when code is translated. Breakpoints, reports
/// of instructions and refused stores stop in the middle of a block, so <see cref="Engine"/> lets code be translated with the checks while it
/// has one of them.
/// </summary>
internal static unsafe class ExitChecks
{
    private const uint ContextModeControl = 14 | (1u << 26) | (1u << 30);
    private const uint FlushTranslationsControl = 10 | (1u << 30);
    private const int ModeCpu = 1;
    private const int ModeCpuAndMemory = 3;
    private const int WriteHook = 1 << 11;
    private const ulong Code = 0x1000;
    private const ulong Data = 0x3000;

    private static readonly Lazy<int?> s_offset = new(Probe);

    /// <summary>Whether the switch was found in this library.</summary>
    internal static bool CanBeSkipped => s_offset.Value is not null;

    /// <summary>Says whether code that is translated from now on asks after each access; what is translated already stays as it is.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="skipped">False where a stop must act in the middle of a block.</param>
    internal static void Skip(EngineHandle engine, bool skipped)
    {
        if (s_offset.Value is { } offset)
        {
            *(byte*)(engine.Pointer + offset) = skipped ? (byte)1 : (byte)0;
        }
    }

    private static int? Probe()
    {
        using EngineHandle engine = Engine.Open();
        int? offset = FindCandidate(engine);
        return offset is { } at && Behaves(engine, at) ? at : null;
    }

    // include/uc_priv.h of the library: context_content, which uc_ctl sets; the size of a saved context; next_pc; hook_insert, first_tb,
    // no_exit_request and init_done, a byte each.
    private static int? FindCandidate(EngineHandle engine)
    {
        const int intSize = 4, alignment = 8, toSwitch = 8 + 2, toInitialized = 8 + 3;
        int length = (int)LinuxApi.malloc_usable_size(engine.Pointer);
        ReadOnlySpan<byte> now = new((void*)engine.Pointer, length);
        SetMode(engine, ModeCpuAndMemory);
        byte[] before = now.ToArray();
        SetMode(engine, ModeCpu);
        int at = now.CommonPrefixLength(before) & ~(intSize - 1);
        if (at + (alignment * 4) > length || !now[(at + intSize)..].SequenceEqual(before.AsSpan(at + intSize)) || MemoryMarshal.Read<int>(before.AsSpan(at)) != ModeCpuAndMemory)
        {
            return null;
        }

        int contextSize = MemoryMarshal.Read<int>(now[(at + intSize)..]);
        int flags = (at + intSize + intSize + alignment - 1) & ~(alignment - 1);
        bool fits = contextSize > 0 && (nuint)contextSize <= UnicornApi.uc_context_size(engine) && now[flags + toSwitch] == 0 && now[flags + toInitialized] == 1;
        return fits ? flags + toSwitch : null;
    }

    // mov [rbx], eax; inc ecx; jmp 0f; 0: inc ecx; hlt: a stop from the store's hook leaves ECX at 0 with the check behind the store; without it
    // at 1, because the check at the next block stays.
    private static bool Behaves(EngineHandle engine, int offset)
    {
        using SharedMemory memory = new(0x10000);
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_map_ptr(engine, 0, memory.Length, 7, memory.Pointer), "uc_mem_map_ptr");
        ReadOnlySpan<byte> program = [0x89, 0x03, 0xff, 0xc1, 0xeb, 0x00, 0xff, 0xc1, 0xf4];
        program.CopyTo(memory.Slice(Code, program.Length));
        nint hook = 0;
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, void> stop = &StopInStore;
        UnicornException.ThrowIfFailed(UnicornApi.uc_hook_add(engine, &hook, WriteHook, stop, 0, Data, Data + 7, 0), "uc_hook_add");
        bool asks = EcxAfterStop(engine) == 0;
        *(byte*)(engine.Pointer + offset) = 1;
        return asks && EcxAfterStop(engine) == 1;
    }

    private static ulong EcxAfterStop(EngineHandle engine)
    {
        ulong data = Data, count = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(engine, FlushTranslationsControl, 0, 0), "uc_ctl_flush_tb");
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, UcRegister.Rbx, &data), "uc_reg_write");
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, UcRegister.Rcx, &count), "uc_reg_write");
        UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(engine, Code, Data, 0, 0), "uc_emu_start");
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(engine.Pointer, UcRegister.Rcx, &count), "uc_reg_read");
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void StopInStore(nint engine, int type, ulong address, int size, long value, nint user) => _ = UnicornApi.uc_emu_stop(engine);

    private static void SetMode(EngineHandle engine, int mode) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_ctl(engine, ContextModeControl, (ulong)mode, 0), "uc_ctl_context_mode");
}
