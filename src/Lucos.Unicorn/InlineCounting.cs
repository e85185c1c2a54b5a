using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// The library has every block call two functions before it begins: the hook that counts, and its question for a stop. Both are calls for a
/// subtraction, and together cost more than a short block. So the first time that a block runs, its start is rewritten to subtract by itself and to call only when
/// the countdown has run out: a stop therefore sets the countdown too (<see cref="Engine.Stop"/>). What the start looks like is the library's own affair:
/// it is found out by experiment, each is compared byte for byte (<see cref="BlockHead"/>), and one that looks different stays as it is, which is right and slow.
/// </summary>
internal static unsafe class InlineCounting
{
    private const ulong Code = 0x1000;
    private const ulong MemoryBytes = 0x10000;
    private const uint Rounds = 100;
    private const int MostRefused = 1000;

    private static readonly Lazy<BlockHeadFacts?> s_facts = new(Probe);

    /// <summary>What was found out about this library; null if blocks are not to be rewritten.</summary>
    internal static BlockHeadFacts? Facts => s_facts.Value;

    /// <summary>For <see cref="MeterCells.Rewrite"/>.</summary>
    internal static void* RewriteFunction
    {
        get
        {
            delegate* unmanaged[Cdecl]<nint, ulong, uint, MeterCells*, byte*, byte*> function = &Rewrite;
            return function;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* Rewrite(nint engine, ulong address, uint size, MeterCells* cells, byte* back)
    {
        if (BlockHead.TryRead(engine, address, size, cells, back, out BlockHead head) && head.Facts == cells->Facts)
        {
            byte* next = head.Rewrite(address, size, cells);
            if (next != null)
            {
                cells->Rewritten++;
                return next;
            }
        }

        if (++cells->Refused == MostRefused)
        {
            cells->Rewrite = (void*)MeterCode.SameFrom(cells->Hook);
        }

        return back;
    }

    /// <summary>For <see cref="MeterCells.Rewrite"/>: leaves the calls out and counts nothing, so that the library's code is measured alone.</summary>
    internal static void* SkipFunction
    {
        get
        {
            delegate* unmanaged[Cdecl]<nint, ulong, uint, MeterCells*, byte*, byte*> function = &Skip;
            return function;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Skip(nint engine, ulong address, uint size, MeterCells* cells, byte* back) =>
        BlockHead.TryRead(engine, address, size, cells, back, out BlockHead head) && head.Facts == cells->Facts ? head.Skip() : back;

    private static BlockHeadFacts? Probe() => Learn() is { } facts && Behaves(facts, keepsBlockEnd: false) && Behaves(facts, keepsBlockEnd: true) ? facts : null;

    // jmp 0f; 0: jmp 1f; 1: the first block of an engine's life is a little different, so the second tells.
    private static BlockHeadFacts? Learn()
    {
        delegate* unmanaged[Cdecl]<nint, ulong, uint, MeterCells*, byte*, byte*> note = &Note;
        BlockHeadFacts found = default;
        using ExecutionMeter meter = new(default, note, (nint)(&found));
        using SharedMemory memory = new(MemoryBytes);
        using EngineHandle engine = Load(memory, meter, [0xeb, 0x00, 0xeb, 0x00], keepsBlockEnd: false);
        meter.Countdown = long.MaxValue / 2;
        Start(engine, Code + 4);
        return found.StopCheck != 0 ? found : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Note(nint engine, ulong address, uint size, MeterCells* cells, byte* back)
    {
        if (BlockHead.TryRead(engine, address, size, cells, back, out BlockHead head) && IsWritable(back))
        {
            *(BlockHeadFacts*)cells->Note = head.Facts;
        }

        return back;
    }

    // The kernel stores there for us, and refuses where we could not.
    private static bool IsWritable(byte* code)
    {
        using MemoryProbe probe = new(1);
        return probe.Read((nint)code).Length == 1 && probe.IsWritable((nint)code);
    }

    // 0: dec ecx; jnz 0b; jmp 1f; 1: a countdown for so many rounds stops before the next one, the rest runs to the end, and all is counted.
    private static bool Behaves(BlockHeadFacts facts, bool keepsBlockEnd)
    {
        const uint size = 4, more = 10;
        delegate* unmanaged[Cdecl]<nint, ulong, uint, MeterCells*, void> stop = &StopThere;
        using ExecutionMeter meter = new(facts, RewriteFunction, 0);
        meter.Connect(stop);
        using SharedMemory memory = new(MemoryBytes);
        using EngineHandle engine = Load(memory, meter, [0xff, 0xc9, 0x75, 0xfc, 0xeb, 0x00], keepsBlockEnd);
        ulong count = Rounds + more;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, UcRegister.Rcx, &count), "uc_reg_write");
        meter.Countdown = size * Rounds;
        Start(engine, Code + 6);
        bool stops = Register(engine, UcRegister.Rcx) == more && Register(engine, UcRegister.Rip) == Code && meter.Blocks == Rounds + 1 && meter.InlineBlocks > 0
            && (!keepsBlockEnd || meter.BlockEnd(Code) == Code + size);
        meter.Countdown = long.MaxValue / 2;
        Start(engine, Code + 6);
        return stops && Register(engine, UcRegister.Rcx) == 0 && meter.Blocks == Rounds + 1 + more + 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void StopThere(nint engine, ulong address, uint size, MeterCells* cells)
    {
        if (cells->IsDue())
        {
            _ = UnicornApi.uc_emu_stop(cells->Engine);
        }
    }

    private static EngineHandle Load(SharedMemory memory, ExecutionMeter meter, ReadOnlySpan<byte> program, bool keepsBlockEnd)
    {
        program.CopyTo(memory.Slice(Code, program.Length));
        EngineHandle engine = Engine.Open();
        meter.Select(0, engine.Pointer, keepsBlockEnd);
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_map_ptr(engine, 0, memory.Length, 7, memory.Pointer), "uc_mem_map_ptr");
        nint hook = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_hook_add(engine, &hook, UcHookType.Block, meter.Callback(inline: true), meter.UserData, 1, 0, 0), "uc_hook_add");
        return engine;
    }

    private static void Start(EngineHandle engine, ulong end) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(engine, Code, end, 0, 0), "uc_emu_start");

    private static ulong Register(EngineHandle engine, UcRegister register)
    {
        ulong value = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(engine.Pointer, register, &value), "uc_reg_read");
        return value;
    }
}
