namespace Lucos.Vmm.Memory;

/// <summary>Where a virtual address lies in physical memory.</summary>
/// <param name="Address">Physical address of the byte.</param>
/// <param name="PageSize">Bytes of the page: 4 KiB, 2 MiB or 1 GiB.</param>
/// <param name="Writable">Whether all levels allow stores.</param>
/// <param name="User">Whether all levels allow user access.</param>
/// <param name="Executable">Whether no level forbids fetches.</param>
public readonly record struct Translation(GuestPhysicalAddress Address, ulong PageSize, bool Writable, bool User, bool Executable)
{
    /// <summary>Bytes from the address to the end of its page.</summary>
    public ulong BytesLeftInPage => PageSize - (Address.Value & (PageSize - 1));
}
