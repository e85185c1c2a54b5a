namespace Lucos.Guest.Tests.Updates;

/// <summary>What goes on in the guest while an update is applied and undone.</summary>
public enum Situation
{
    /// <summary>Nothing but the shell, which waits for a command.</summary>
    Idle,

    /// <summary>The update's load, at some point of it.</summary>
    UnderLoad,

    /// <summary>The update's load, at a moment at which a thread is known to be inside of what is replaced.</summary>
    ThreadsInside,
}
