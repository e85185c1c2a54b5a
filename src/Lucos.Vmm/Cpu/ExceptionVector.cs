namespace Lucos.Vmm.Cpu;

/// <summary>Vectors of the processor's own exceptions (Intel SDM vol. 3 table 6-1).</summary>
public static class ExceptionVector
{
    /// <summary>#DE, divide error.</summary>
    public const byte DivideError = 0;

    /// <summary>#DB, debug.</summary>
    public const byte Debug = 1;

    /// <summary>#BP, breakpoint (INT3).</summary>
    public const byte Breakpoint = 3;

    /// <summary>#UD, invalid opcode.</summary>
    public const byte InvalidOpcode = 6;

    /// <summary>#DF, double fault.</summary>
    public const byte DoubleFault = 8;

    /// <summary>#TS, invalid task-state segment.</summary>
    public const byte InvalidTss = 10;

    /// <summary>#NP, segment not present.</summary>
    public const byte SegmentNotPresent = 11;

    /// <summary>#SS, stack fault.</summary>
    public const byte StackFault = 12;

    /// <summary>#GP, general protection.</summary>
    public const byte GeneralProtection = 13;

    /// <summary>#PF, page fault.</summary>
    public const byte PageFault = 14;

    /// <summary>Whether the processor pushes an error code for a vector (Intel SDM vol. 3 table 6-1).</summary>
    public static bool HasErrorCode(byte vector) => vector is 8 or 10 or 11 or 12 or 13 or 14 or 17 or 21;

    /// <summary>Whether a vector counts as contributory to a double fault (Intel SDM vol. 3 table 6-4).</summary>
    public static bool IsContributory(byte vector) => vector is 0 or 10 or 11 or 12 or 13;
}
