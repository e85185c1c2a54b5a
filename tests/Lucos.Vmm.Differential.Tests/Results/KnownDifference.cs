using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Results;

/// <summary>
/// Differences that are QEMU's own, or the emulator's, by name. A rule says exactly which values it takes for equal; how often each applied is
/// counted and printed.
/// </summary>
internal static class KnownDifference
{
    private const ulong ResumeFlag = 1 << 16;
    private const ulong ArithmeticAndDirection = 0xcd5;

    /// <summary>The rule that explains a difference, or null.</summary>
    internal static string? Explain(Difference difference, ProgramRecord ours) => difference switch
    {
        // The manual sets RF in the pushed image of a fault (vol. 3 section 17.3.1.1); QEMU does not.
        { Field: "rflags" } when (difference.Ours ^ difference.Theirs) == ResumeFlag => "resume-flag",

        // PUSHF stores RF as 0 (vol. 2); the emulator stores the RF that IRETQ has just set.
        { Field: "rbx" } when (difference.Ours ^ difference.Theirs) == ResumeFlag && (difference.Ours & ResumeFlag) != 0 => "pushf-resume-flag",

        // A stack switch by IST alone leaves SS (vol. 3 section 6.14.5); QEMU makes it null.
        { Field: "ss", Ours: KernelData, Theirs: 0 } => "ist-null-ss",

        // The part of a frame above a page that could not be written stays, with RF or without, and no handler is there to clean it.
        { Field: "page-18" } when Enumerable.Range(0, ours.EventCount).Any(e => ours.Event(e, EventSystem + 8) == WindowPage(18) - 8) => "partial-frame",

        // SYSCALL masks RFLAGS with IA32_FMASK (vol. 2); QEMU clears the arithmetic flags and DF besides.
        { Field: "handler-flags" } when ours.Event(difference.Event, EventVector) == SyscallVector
            && (difference.Ours & ~ArithmeticAndDirection) == difference.Theirs => "syscall-flags",
        { Field: "error" } => ExplainErrorCode(difference, ours.Event(difference.Event, EventVector)),
        _ => null,
    };

    // Error codes of faults in delivery: the manual has the vector from bit 3 on and EXT in bit 0 (vol. 3 section 6.13); QEMU has the
    // vector from bit 4 on in 64-bit mode, and never sets EXT.
    private static string? ExplainErrorCode(Difference difference, ulong vector)
    {
        const ulong external = 1;
        const ulong idt = 2;
        const ulong present = 1;
        const ulong reserved = 8;
        if (vector == 14 && (difference.Ours & reserved) != 0 && (difference.Ours ^ difference.Theirs) == present && (difference.Ours & present) != 0)
        {
            // A reserved bit is met in an entry that is present (vol. 3 section 4.7); QEMU clears P.
            return "reserved-bit-present";
        }

        if (vector is < 10 or > 13)
        {
            return null;
        }

        ulong expected = difference.Ours & ~external;
        if (difference.Theirs == expected)
        {
            return "ext-bit";
        }

        return (expected & idt) != 0 && difference.Theirs == ((expected >> 3 << 4) | idt) ? "idt-error-code" : null;
    }
}
