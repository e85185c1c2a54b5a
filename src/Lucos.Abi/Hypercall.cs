namespace Lucos.Abi;

/// <summary>Numbers of the hypercalls (RAX). Frozen: a number is never reused for another meaning.</summary>
public enum Hypercall : uint
{
    /// <summary>RBX = the guest's ABI version. Returns the host's ABI version.</summary>
    Version = 0,

    /// <summary>RBX = address of a <see cref="ManagerInfo"/>. The Update Manager makes itself known. Returns 0.</summary>
    Register = 1,

    /// <summary>RBX = address of an <see cref="UpdateDescriptor"/>. Applies it. Returns the update id.</summary>
    Apply = 2,

    /// <summary>RBX = address of an <see cref="UpdateDescriptor"/> with its update id set and the contexts that stand in the new code. Returns the new state.</summary>
    Rollback = 3,

    /// <summary>RBX = address of an <see cref="ActivationReport"/>. Tells who still runs the version that is being left. Returns the new state.</summary>
    Report = 4,

    /// <summary>RBX = update id, or 0 for what was last refused; RCX = address of an <see cref="UpdateStatus"/> to fill. Returns 0.</summary>
    Query = 5,

    /// <summary>RBX = address of an <see cref="OperatorRequest"/> to fill. Returns 1 when there was one, 0 when none waits.</summary>
    DoorbellFetch = 6,

    /// <summary>RBX = request id, RCX = destination address, RSI = offset in the package, RDI = length. Returns the bytes copied.</summary>
    DoorbellPull = 7,

    /// <summary>RBX = address of an <see cref="OperatorResponse"/>. Ends a request. Returns 0.</summary>
    DoorbellComplete = 8,

    /// <summary>RBX = address of a <see cref="JournalEntry"/>. Puts what happened inside the guest into the host's history. Returns 0.</summary>
    Journal = 9,

    /// <summary>RBX = update id. The module memory of a rolled-back update has been freed. Returns 0.</summary>
    Released = 10,

    /// <summary>RBX = update id, RCX = address of an array of <see cref="UpdateEvent"/> to fill, RSI = its entries. Returns how many there were.</summary>
    Events = 11,

    /// <summary>RBX = address of an <see cref="InstanceChange"/>. An instance was allocated; it is monitored from now on. Returns 0.</summary>
    Born = 12,

    /// <summary>RBX = address of an <see cref="InstanceChange"/>. An instance is about to be freed; it is monitored no more. Returns 0.</summary>
    Died = 13,

    /// <summary>RBX = address of an <see cref="ActivationReport"/> with who stands in the version that stays. Monitoring ends, and it is awaited that those leave. Returns 0.</summary>
    Retire = 14,

    /// <summary>RBX = update id. What the guest had to do for its end is done. Returns the new state.</summary>
    Complete = 15,

    /// <summary>RBX = address of a return stub. Returns the return address that it stands for, or 0 for none.</summary>
    ReturnAddress = 16,
}
