namespace Lucos.Control.Guests;

/// <summary>A function of the booted kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Guest-virtual address of its first byte.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record GuestFunction(string Name, ulong Address, ulong Size)
{
    /// <summary>Whether an address is inside the function.</summary>
    /// <param name="address">Guest-virtual address.</param>
    public bool Contains(ulong address) => address >= Address && address - Address < Size;
}
