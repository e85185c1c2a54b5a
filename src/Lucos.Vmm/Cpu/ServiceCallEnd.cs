using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu;

/// <summary>How a call of <see cref="ServiceVcpu"/> ended.</summary>
public enum ServiceCallEnd
{
    /// <summary>The function returned.</summary>
    Returned,

    /// <summary>It raised an exception: <see cref="ServiceCallResult.Vector"/>, and for a page fault <see cref="ServiceCallResult.Address"/>.</summary>
    Faulted,

    /// <summary>It executed more code than its budget.</summary>
    Overran,

    /// <summary>It was about to store to <see cref="ServiceCallResult.Address"/>, where the filter does not allow it.</summary>
    ForbiddenStore,

    /// <summary>It was about to load from <see cref="ServiceCallResult.Address"/>, which <see cref="ILoadListener.AllowsServiceLoad"/> does not allow.</summary>
    ForbiddenLoad,

    /// <summary>It accessed a port or physical memory without RAM, at <see cref="ServiceCallResult.Address"/>.</summary>
    ForbiddenAccess,

    /// <summary>It was about to execute an instruction that a service function may not: privileged, a trap into a kernel, or one that asks for the time.</summary>
    ForbiddenInstruction,

    /// <summary>There is no executable code at its address.</summary>
    BadFunction,

    /// <summary>Its stack is empty, not made of whole pages, or not writable RAM at <see cref="ServiceCallResult.Address"/>.</summary>
    BadStack,
}
