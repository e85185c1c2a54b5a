using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>
/// A processor's whole state as bytes: the library's saved context without its header, and those model-specific registers that the
/// context leaves out. What comes from a file may be hostile, and the library believes its context: an index into the x87 stack or a
/// rounding mode out of range would take the process down. So every such field is checked before it gets there.
/// </summary>
internal static class ProcessorState
{
    // IA32_MTRR_PHYSBASE/MASK 0-7, fixed MTRRs, default type, MCG_CTL, ten banks of machine-check registers (Intel SDM vol. 4).
    private static readonly uint[] s_registers =
    [
        .. Range(0x200, 16), 0x250, 0x258, 0x259, .. Range(0x268, 8), 0x2ff, 0x17b, .. Range(0x400, 40),
    ];

    internal static ReadOnlySpan<uint> ModelSpecificRegisters => s_registers;

    internal static int LengthOf(ContextLayout layout, int contextSize) => contextSize - layout.Base + (s_registers.Length * sizeof(ulong));

    /// <summary>Takes out what means something in this process only: the context's pointers.</summary>
    /// <exception cref="UnicornException">The guest has armed a hardware breakpoint, which the context holds as a pointer.</exception>
    internal static void Detach(Span<byte> state, ContextLayout layout)
    {
        if (state.Slice(layout.HardwareBreakpoints - layout.Base, ContextLayout.HardwareBreakpointBytes).ContainsAnyExcept((byte)0))
        {
            throw new UnicornException("debug-registers-armed: the guest has armed a hardware breakpoint (DR7), which can't be saved; have it disarm the breakpoint first");
        }

        state.Slice(layout.ReturnAddress - layout.Base, sizeof(long)).Clear();
    }

    /// <summary>Checks what the library would believe.</summary>
    /// <param name="state">The state.</param>
    /// <param name="fresh">That of a processor that has not run.</param>
    /// <param name="layout">Where what lies.</param>
    /// <exception cref="UnicornException">A field can't be one that was saved.</exception>
    internal static void Check(ReadOnlySpan<byte> state, ReadOnlySpan<byte> fresh, ContextLayout layout)
    {
        const uint allowedHidden = 0x07c7_f0ff | 0xf00;
        Require(state.Length == fresh.Length, $"it has {state.Length} bytes, this emulator's has {fresh.Length}");
        Require(Word(state, layout.CcOperation, layout) is > 0 and < ContextLayout.CcOperations, "the kind of the lazy flags");
        Require((int)Word(state, layout.Direction, layout) is 1 or -1, "the direction flag");
        Require((Word(state, layout.HiddenFlags, layout) & ~allowedHidden) == 0, "the hidden flags");
        Require(Word(state, layout.HiddenFlags + 4, layout) == Word(fresh, layout.HiddenFlags + 4, layout), "the second hidden flags");
        Require(Word(state, layout.A20Mask, layout) == Word(fresh, layout.A20Mask, layout), "the A20 mask");
        Require(Word(state, layout.FloatTop, layout) <= 7, "the top of the x87 stack");
        Require(!state.Slice(layout.FloatTags - layout.Base, 8).ContainsAnyExceptInRange((byte)0, (byte)1), "an x87 tag");
        CheckFloat(state, layout.FloatStatus - layout.Base, "x87");
        CheckFloat(state, layout.MmxStatus - layout.Base, "MMX");
        CheckFloat(state, layout.SseStatus - layout.Base, "SSE");
        Require(!state.Slice(layout.HardwareBreakpoints - layout.Base, ContextLayout.HardwareBreakpointBytes).ContainsAnyExcept((byte)0), "an armed hardware breakpoint");
        Require(!state.Slice(layout.ReturnAddress - layout.Base, sizeof(long)).ContainsAnyExcept((byte)0), "a return address");
    }

    // softfloat's status: tininess, rounding mode, flags, x87 precision, two modes, two constants (0).
    private static void CheckFloat(ReadOnlySpan<byte> state, int at, string unit)
    {
        ReadOnlySpan<byte> status = state.Slice(at, 8);
        bool sound = status[0] == 0 && status[1] <= 3 && status[3] is 0 or 32 or 64 or 80 && status[4] <= 1 && status[5] <= 1 && status[6] == 0 && status[7] == 0;
        Require(sound, $"the {unit} rounding state");
    }

    private static uint Word(ReadOnlySpan<byte> state, int at, ContextLayout layout) => MemoryMarshal.Read<uint>(state[(at - layout.Base)..]);

    private static void Require(bool sound, string what)
    {
        if (!sound)
        {
            throw new UnicornException($"processor-state: {what} can't be one that was saved");
        }
    }

    private static IEnumerable<uint> Range(uint first, int count) => Enumerable.Range((int)first, count).Select(number => (uint)number);
}
