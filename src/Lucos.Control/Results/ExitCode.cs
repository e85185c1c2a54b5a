namespace Lucos.Control.Results;

/// <summary>What a <c>lucos</c> command leaves with. The numbers are frozen: scripts rely on them.</summary>
public enum ExitCode
{
    /// <summary>Done, or there was nothing to do.</summary>
    Done = 0,

    /// <summary>An error of this program.</summary>
    Internal = 1,

    /// <summary>The command line or an input file is wrong.</summary>
    Usage = 2,

    /// <summary>A check refused; nothing was changed.</summary>
    Refused = 3,

    /// <summary>Timed out or cancelled; the old code runs.</summary>
    TimedOut = 4,

    /// <summary>Failed, and everything was taken back.</summary>
    RolledBack = 5,

    /// <summary>Failed, and so did the roll-back.</summary>
    RollBackFailed = 6,

    /// <summary>The guest or its monitor can't be reached, or the guest died.</summary>
    Unreachable = 7,

    /// <summary>There are changes that an apply would make (<c>plan</c>).</summary>
    Pending = 10,

    /// <summary>Interrupted by the user.</summary>
    Interrupted = 130,
}
