namespace Lucos.Unicorn;

/// <summary>
/// Byte offsets inside the saved-context blob. They are private to the library: <see cref="ContextProbe"/> finds each by experiment and
/// refuses a library whose layout it does not recognise.
/// </summary>
/// <param name="Base">Where the sixteen general registers start; the offsets below, up to <c>Control</c>, are relative to it.</param>
internal sealed record ContextLayout(int Base)
{
    internal const int HardwareBreakpointBytes = 4 * 8;

    /// <summary>Kinds of lazily computed flags.</summary>
    internal const uint CcOperations = 51;

    internal int Rip => Base + 128;

    internal int Eflags => Base + 136;

    internal int CcSource => Base + 152;

    internal int CcOperation => Base + 168;

    internal int Direction => Base + 172;

    internal int HiddenFlags => Base + 176;

    internal int Segments => Base + 184;

    internal int Ldt => Base + 328;

    internal int Tr => Base + 352;

    internal int Gdt => Base + 376;

    internal int Idt => Base + 400;

    internal int Control => Base + 424;

    internal int A20Mask => Base + 496;

    internal int FloatTop => Base + 604;

    internal int FloatTags => Base + 612;

    internal int FloatStatus => Base + 776;

    internal int MmxStatus => Base + 800;

    internal int SseStatus => Base + 808;

    internal int ErrorCode { get; init; }

    internal int ExceptionIsInterrupt => ErrorCode + 4;

    internal int OldException => ErrorCode + 112;

    internal int HardwareBreakpoints => OldException - HardwareBreakpointBytes;

    /// <summary>Where the emulator left translated code last: the last field of the context.</summary>
    internal int ReturnAddress { get; init; }

    internal int Efer { get; init; }

    internal int Star { get; init; }

    internal int LongStar { get; init; }

    internal int FlagMask { get; init; }

    internal int KernelGsBase { get; init; }
}
