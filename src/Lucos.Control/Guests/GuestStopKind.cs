namespace Lucos.Control.Guests;

/// <summary>Why a guest stopped running.</summary>
public enum GuestStopKind
{
    /// <summary>The number of blocks asked for has been executed.</summary>
    Limit,

    /// <summary>The next instruction has a breakpoint.</summary>
    Breakpoint,

    /// <summary>A stop was asked for.</summary>
    Requested,

    /// <summary>Something that a debugger or a replay waits for has happened: a step, or an access to watched memory.</summary>
    Watched,

    /// <summary>The next block is another one than a record says, or begins with other registers.</summary>
    OffTrail,

    /// <summary>The guest powered itself off.</summary>
    PoweredOff,

    /// <summary>The guest asked for a reset.</summary>
    Reset,

    /// <summary>The guest can't run on: a triple fault, or halted with nothing that could wake it.</summary>
    Died,
}
