namespace Lucos.Vmm.Memory;

/// <summary>What a listener wants after a store.</summary>
public enum StoreReaction
{
    /// <summary>Nothing.</summary>
    Continue,

    /// <summary>A call of <see cref="IWriteListener.AtBoundary"/> at the next boundary.</summary>
    Boundary,

    /// <summary>The end of the run at the next boundary, with <see cref="MachineStop.ProtectedWrite"/>.</summary>
    Stop,
}
