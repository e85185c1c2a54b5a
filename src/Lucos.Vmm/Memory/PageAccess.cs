namespace Lucos.Vmm.Memory;

/// <summary>What an access wants from a translation.</summary>
[Flags]
public enum PageAccess
{
    /// <summary>A supervisor read.</summary>
    Read = 0,

    /// <summary>A store.</summary>
    Write = 1,

    /// <summary>From privilege level 3.</summary>
    User = 2,

    /// <summary>An instruction fetch.</summary>
    Execute = 4,

    /// <summary>Set the accessed (and, for a store, dirty) bits, as the processor does.</summary>
    Mark = 8,

    /// <summary>A store by the supervisor while CR0.WP is clear: a read-only page is no obstacle.</summary>
    IgnoreReadOnly = 16,
}
