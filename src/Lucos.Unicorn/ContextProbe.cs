using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// Finds the offsets of <see cref="ContextLayout"/> by writing recognisable values through the API and looking where they land, and by
/// provoking exceptions for those fields that the API does not reach. Runs once, on an engine of its own.
/// </summary>
internal static unsafe class ContextProbe
{
    private const ulong Magic = 0x5a17_c0de_0000_0000;
    private const uint EfEfer = 0xc000_0080;
    private const uint EfStar = 0xc000_0081;
    private const uint EfLongStar = 0xc000_0082;
    private const uint EfFlagMask = 0xc000_0084;
    private const uint EfKernelGs = 0xc000_0102;
    private const int UcRegFsBase = 250;
    private const int UcRegGsBase = 251;
    private const int ExpectedErrorCodeFromBase = 5384;

    private static readonly Lazy<ContextLayout> s_layout = new(Probe);

    internal static ContextLayout Layout => s_layout.Value;

    internal static ReadOnlySpan<int> GeneralRegisters => [35, 38, 40, 37, 44, 36, 43, 39, 106, 107, 108, 109, 110, 111, 112, 113];

    private static ContextLayout Probe()
    {
        using EngineHandle engine = Engine.Open();
        nint context = 0;
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_alloc(engine, &context), "uc_context_alloc");
        try
        {
            int size = (int)UnicornApi.uc_context_size(engine);
            WriteMagic(engine);
            ReadOnlySpan<byte> blob = Save(engine, context, size);
            ContextLayout layout = new(FindGeneralRegisters(blob))
            {
                Star = FindUnique(blob, Magic + 0x81, "IA32_STAR"),
                LongStar = FindUnique(blob, Magic + 0x82, "IA32_LSTAR"),
                FlagMask = FindUnique(blob, (Magic + 0x84) & uint.MaxValue | 0x1_0000, "IA32_FMASK"),
                KernelGsBase = FindUnique(blob, Magic + 0x102, "IA32_KERNEL_GS_BASE"),
            };
            CheckFixed(blob, layout);
            CheckFloatingPoint(engine, context, size, layout);
            layout = layout with { Efer = FindEfer(engine, context, size, layout) };
            layout = layout with { ErrorCode = layout.Base + ExpectedErrorCodeFromBase, ReturnAddress = size - sizeof(long) };
            CheckExceptionState(engine, context, size, layout);
            return layout;
        }
        finally
        {
            _ = UnicornApi.uc_context_free(context);
        }
    }

    private static void WriteMagic(EngineHandle engine)
    {
        for (int i = 0; i < GeneralRegisters.Length; i++)
        {
            Write(engine, (UcRegister)GeneralRegisters[i], Magic + (ulong)i);
        }

        Write(engine, UcRegister.Rip, Magic + 0x20);
        Write(engine, UcRegister.Eflags, 0xcd7);
        Write(engine, (UcRegister)UcRegFsBase, Magic + 0x30);
        Write(engine, (UcRegister)UcRegGsBase, Magic + 0x31);
        Write(engine, UcRegister.Cr2, Magic + 0x40);
        WriteTable(engine, UcRegister.Gdtr, 0x41);
        WriteTable(engine, UcRegister.Idtr, 0x42);
        WriteTable(engine, UcRegister.Ldtr, 0x43);
        WriteTable(engine, UcRegister.Tr, 0x44);
        WriteMsr(engine, EfStar, Magic + 0x81);
        WriteMsr(engine, EfLongStar, Magic + 0x82);
        WriteMsr(engine, EfFlagMask, (Magic + 0x84) & uint.MaxValue | 0x1_0000);
        WriteMsr(engine, EfKernelGs, Magic + 0x102);
    }

    private static int FindGeneralRegisters(ReadOnlySpan<byte> blob)
    {
        int at = FindUnique(blob, Magic, "RAX");
        for (int i = 0; i < GeneralRegisters.Length; i++)
        {
            Expect(blob, at + (8 * i), Magic + (ulong)i, $"general register {i}");
        }

        return at;
    }

    private static void CheckFixed(ReadOnlySpan<byte> blob, ContextLayout layout)
    {
        const uint long64 = (1 << 14) | (1 << 15);
        Expect(blob, layout.Rip, Magic + 0x20, "RIP");
        Expect(blob, layout.CcSource, 0x8d5, "cc_src");
        ExpectThat(Read32(blob, layout.CcOperation) == 1, "cc_op");
        ExpectThat((int)Read32(blob, layout.Direction) == -1, "df");
        ExpectThat((Read32(blob, layout.HiddenFlags) & long64) == long64, "hflags");
        Expect(blob, layout.Segments + (24 * 4) + 8, Magic + 0x30, "FS base");
        Expect(blob, layout.Segments + (24 * 5) + 8, Magic + 0x31, "GS base");
        Expect(blob, layout.Gdt + 8, Magic + 0x41, "GDT base");
        Expect(blob, layout.Idt + 8, Magic + 0x42, "IDT base");
        Expect(blob, layout.Ldt + 8, Magic + 0x43, "LDT base");
        Expect(blob, layout.Tr + 8, Magic + 0x44, "TR base");
        ExpectThat(Read32(blob, layout.Tr + 16) == 0x144, "TR limit");
        Expect(blob, layout.Control + 16, Magic + 0x40, "CR2");
    }

    // IA32_EFER.SCE has no effect before a SYSCALL: setting it changes one byte, behind the control registers.
    private static int FindEfer(EngineHandle engine, nint context, int size, ContextLayout layout)
    {
        const ulong syscallEnable = 1;
        UcMsr efer = new() { Id = EfEfer };
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_read(engine.Pointer, UcRegister.Msr, &efer), "uc_reg_read(MSR)");
        WriteMsr(engine, EfEfer, efer.Value & ~syscallEnable);
        byte[] before = Save(engine, context, size).ToArray();
        WriteMsr(engine, EfEfer, efer.Value | syscallEnable);
        ReadOnlySpan<byte> after = Save(engine, context, size);
        int at = after.CommonPrefixLength(before);
        ExpectThat(at > layout.Control && at + sizeof(ulong) <= size && after[(at + 1)..].SequenceEqual(before.AsSpan(at + 1)), "IA32_EFER");
        Expect(after, at, efer.Value | syscallEnable, "IA32_EFER");
        return at;
    }

    private static void CheckFloatingPoint(EngineHandle engine, nint context, int size, ContextLayout layout)
    {
        const uint top5 = 5 << 11, truncateSingle = 0x0c7f, truncate = 0x7f80;
        Write(engine, UcRegister.FloatStatusWord, top5);
        Write(engine, UcRegister.FloatControlWord, truncateSingle);
        Write(engine, UcRegister.Mxcsr, truncate);
        ReadOnlySpan<byte> blob = Save(engine, context, size);
        ExpectThat(Read32(blob, layout.FloatTop) == 5, "the top of the x87 stack");
        ExpectThat(blob[layout.FloatStatus + 1] == 3 && blob[layout.FloatStatus + 3] == 32, "the x87 rounding state");
        ExpectThat(blob[layout.SseStatus + 1] == 3, "the SSE rounding state");
        ExpectThat(Read32(blob, layout.A20Mask) == uint.MaxValue, "the A20 mask");
    }

    // A load of DS with a selector beyond the GDT raises #GP(selector); INT 0x21 raises a software interrupt.
    private static void CheckExceptionState(EngineHandle engine, nint context, int size, ContextLayout layout)
    {
        using SharedMemory memory = new(0x10000);
        UnicornException.ThrowIfFailed(UnicornApi.uc_mem_map_ptr(engine, 0, memory.Length, 7, memory.Pointer), "uc_mem_map_ptr");
        ReadOnlySpan<byte> program = [0x8e, 0xd8, 0xcd, 0x21];
        program.CopyTo(memory.Slice(0x1000, program.Length));
        WriteTable(engine, UcRegister.Gdtr, 0, 0x2000, 0x7);
        Observation seen = new() { Context = context };
        nint hook = 0;
        delegate* unmanaged[Cdecl]<nint, uint, nint, void> callback = &Observe;
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_hook_add(engine, &hook, UcHookType.Interrupt, callback, (nint)(&seen), 1, 0, 0), "uc_hook_add");

        foreach (uint selector in (ReadOnlySpan<uint>)[0x7aa8, 0x5550])
        {
            Write(engine, UcRegister.Rax, selector);
            _ = UnicornApi.uc_emu_start(engine, 0x1000, 0x7fff_ffff_ffff_fff0, 0, 0);
            ReadOnlySpan<byte> blob = new((void*)context, size);
            ExpectThat(seen.Vector == 13, "vector of #GP");
            ExpectThat(Read32(blob, layout.ErrorCode) == selector, "error code");
            ExpectThat(Read32(blob, layout.ExceptionIsInterrupt) == 0, "exception_is_int of #GP");
            ExpectThat(Read32(blob, layout.OldException) == 13, "old_exception");
            ClearOldException(engine, context, layout);
        }

        _ = UnicornApi.uc_emu_start(engine, 0x1002, 0x7fff_ffff_ffff_fff0, 0, 0);
        ExpectThat(seen.Vector == 0x21, "vector of INT");
        ExpectThat(Read32(new ReadOnlySpan<byte>((void*)context, size), layout.ExceptionIsInterrupt) == 1, "exception_is_int of INT");
    }

    private static void ClearOldException(EngineHandle engine, nint context, ContextLayout layout)
    {
        *(int*)(context + layout.OldException) = -1;
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_restore(engine.Pointer, context), "uc_context_restore");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Observe(nint engine, uint vector, nint user)
    {
        Observation* seen = (Observation*)user;
        seen->Vector = vector;
        _ = UnicornApi.uc_context_save(engine, seen->Context);
        _ = UnicornApi.uc_emu_stop(engine);
    }

    private static ReadOnlySpan<byte> Save(EngineHandle engine, nint context, int size)
    {
        UnicornException.ThrowIfFailed(UnicornApi.uc_context_save(engine.Pointer, context), "uc_context_save");
        return new ReadOnlySpan<byte>((void*)context, size);
    }

    private static int FindUnique(ReadOnlySpan<byte> blob, ulong value, string what)
    {
        ReadOnlySpan<byte> pattern = MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value));
        int at = blob.IndexOf(pattern);
        ExpectThat(at >= 0 && blob[(at + 8)..].IndexOf(pattern) < 0, what);
        return at;
    }

    private static void Expect(ReadOnlySpan<byte> blob, int at, ulong value, string what) =>
        ExpectThat(at + 8 <= blob.Length && MemoryMarshal.Read<ulong>(blob[at..]) == value, what);

    private static uint Read32(ReadOnlySpan<byte> blob, int at)
    {
        ExpectThat(at + 4 <= blob.Length, "size");
        return MemoryMarshal.Read<uint>(blob[at..]);
    }

    private static void ExpectThat(bool condition, string what)
    {
        if (!condition)
        {
            throw new UnicornException(
                $"unicorn-layout: in libunicorn {UnicornLibrary.Version} the saved context does not hold {what} where expected; "
                + "use libunicorn 2.1.4 (tools/lucos unpacks it), or set LUCOS_UNICORN to one.");
        }
    }

    private static void Write(EngineHandle engine, UcRegister register, ulong value) =>
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, register, &value), "uc_reg_write");

    private static void WriteMsr(EngineHandle engine, uint index, ulong value)
    {
        UcMsr msr = new() { Id = index, Value = value };
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, UcRegister.Msr, &msr), "uc_reg_write(MSR)");
    }

    private static void WriteTable(EngineHandle engine, UcRegister register, ulong number) =>
        WriteTable(engine, register, (ushort)(number & 0xfff8), Magic + number, (uint)(0x100 + number));

    private static void WriteTable(EngineHandle engine, UcRegister register, ushort selector, ulong address, uint limit)
    {
        UcTableRegister table = new() { Selector = selector, Base = address, Limit = limit };
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(engine.Pointer, register, &table), "uc_reg_write(table)");
    }

    private struct Observation
    {
        internal nint Context;
        internal uint Vector;
    }
}
