namespace Lucos.Control.Recording;

/// <summary>A piece of physical memory that a block loaded from or stored to.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Holds">What lies there, if it has a name.</param>
/// <param name="Evidence">Whether the record differs there.</param>
/// <param name="Byte">The one byte with which the guest goes on as recorded; null when none was found.</param>
public sealed record BlockAccess(ulong Address, int Length, string? Holds, AccessEvidence Evidence, RecordedByte? Byte = null)
{
    /// <summary>Physical address of its page.</summary>
    public ulong Page => Address & ~0xfffUL;
}
