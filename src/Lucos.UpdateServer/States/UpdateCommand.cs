namespace Lucos.UpdateServer.States;

/// <summary>What can be asked of an update. The rows of <see cref="TransitionTable"/>.</summary>
public enum UpdateCommand
{
    /// <summary>All checks of a descriptor passed.</summary>
    Verify,

    /// <summary>Every byte to be written, and every old one, is known.</summary>
    Prepare,

    /// <summary>A check failed before any byte changed.</summary>
    Refuse,

    /// <summary>A step failed and all before it were undone.</summary>
    Abort,

    /// <summary>The jumps were written.</summary>
    Commit,

    /// <summary>Somebody is still in old code.</summary>
    Drain,

    /// <summary>The manager reports who is in old code.</summary>
    ReportOld,

    /// <summary>Nobody is left in old code.</summary>
    Finish,

    /// <summary>The manager asks for the update to be taken back.</summary>
    RollBack,

    /// <summary>The manager reports who is in new code.</summary>
    ReportNew,

    /// <summary>Nobody is left in new code.</summary>
    Retire,

    /// <summary>The manager has moved references: the version that is being left is given up.</summary>
    RetireData,

    /// <summary>The manager reports who is left of those that ran the code that stays when data was retired.</summary>
    ReportRetired,

    /// <summary>The manager has done all that it had to do for the end.</summary>
    Complete,

    /// <summary>A transfer failed while both versions lived.</summary>
    Fail,

    /// <summary>An instance was allocated.</summary>
    Born,

    /// <summary>An instance is about to be freed.</summary>
    Died,

    /// <summary>The manager has freed the module's memory.</summary>
    Release,
}
