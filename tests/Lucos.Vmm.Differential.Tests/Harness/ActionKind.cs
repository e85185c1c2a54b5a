namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>What the harness does after it has recorded an event of a program.</summary>
internal enum ActionKind
{
    /// <summary>Ends the program.</summary>
    End = 0,

    /// <summary>Returns with IRETQ as the frame says.</summary>
    Return = 1,

    /// <summary>Goes on at an address with the program's first CS, RFLAGS, RSP and SS.</summary>
    ResumeAt = 2,

    /// <summary>Writes 64 bits to physical memory, drops address translations, and returns.</summary>
    WriteAndReturn = 3,

    /// <summary>Adds a number to RIP in the frame, and returns.</summary>
    Skip = 4,

    /// <summary>Clears TF in the frame, and returns.</summary>
    StopStepping = 5,

    /// <summary>Returns from a SYSCALL with SYSRET to 64-bit code.</summary>
    Sysret = 6,
}
