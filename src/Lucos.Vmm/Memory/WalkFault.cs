namespace Lucos.Vmm.Memory;

/// <summary>An address that could not be translated, and why.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Address">The address.</param>
/// <param name="Level">Level of the entry at fault: 4 (PML4) to 1 (page table), 0 when it is not an entry.</param>
/// <param name="Access">What was wanted.</param>
public readonly record struct WalkFault(WalkFaultKind Kind, GuestVirtualAddress Address, int Level, PageAccess Access)
{
    /// <summary>The error code of the page fault that the processor would raise (Intel SDM vol. 3 section 4.7).</summary>
    public uint ErrorCode =>
        (Kind is WalkFaultKind.NotPresent or WalkFaultKind.OutsideMemory or WalkFaultKind.NotCanonical ? 0u : 1u)
        | ((Access & PageAccess.Write) != 0 ? 2u : 0)
        | ((Access & PageAccess.User) != 0 ? 4u : 0)
        | (Kind == WalkFaultKind.ReservedBit ? 8u : 0)
        | ((Access & PageAccess.Execute) != 0 ? 16u : 0);

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at {Address} (level {Level}, {Access})";
}
