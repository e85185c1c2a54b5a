namespace Lucos.Abi;

/// <summary>States of an update. Frozen values; which command is allowed in which state is the Update Server's table.</summary>
public enum UpdateState : uint
{
    /// <summary>Not an update's state: no update.</summary>
    None = 0,

    /// <summary>The Update Server has it, nothing has been checked.</summary>
    Submitted = 1,

    /// <summary>The descriptor and the expected bytes have been checked.</summary>
    Verified = 2,

    /// <summary>Everything that can fail has been done; no byte of the kernel has changed.</summary>
    Prepared = 3,

    /// <summary>Old and new versions of changed data live side by side.</summary>
    Coexisting = 4,

    /// <summary>The new code is in force and someone still runs the old.</summary>
    Draining = 5,

    /// <summary>The new code is in force and nobody runs the old.</summary>
    Finished = 6,

    /// <summary>The old code is in force again and someone still runs the new.</summary>
    RollingBack = 7,

    /// <summary>Undone; every byte is as before.</summary>
    RolledBack = 8,

    /// <summary>Refused before any byte changed.</summary>
    Refused = 9,

    /// <summary>Given up on the way; the old code runs and memory is as before.</summary>
    Aborted = 10,
}
