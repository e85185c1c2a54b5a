namespace Lucos.Control.Scenarios.Model;

/// <summary>What is asked of the Update Manager.</summary>
public enum UpdateVerb
{
    /// <summary>Verify and change nothing.</summary>
    Check,

    /// <summary>Apply.</summary>
    Apply,

    /// <summary>Undo.</summary>
    Undo,

    /// <summary>Give up an update that is under way.</summary>
    Cancel,
}
