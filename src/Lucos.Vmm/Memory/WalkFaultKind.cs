namespace Lucos.Vmm.Memory;

/// <summary>Why an address could not be translated.</summary>
public enum WalkFaultKind
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The address is not canonical.</summary>
    NotCanonical,

    /// <summary>An entry on the way is not present.</summary>
    NotPresent,

    /// <summary>A store to a read-only page.</summary>
    ReadOnly,

    /// <summary>A fetch from a page that is not executable.</summary>
    NotExecutable,

    /// <summary>A user access to a supervisor page.</summary>
    SupervisorOnly,

    /// <summary>A reserved bit is set in an entry.</summary>
    ReservedBit,

    /// <summary>A page table, or the page, lies outside of RAM.</summary>
    OutsideMemory,
}
