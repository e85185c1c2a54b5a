namespace Lucos.Control.Guests;

/// <summary>
/// Shows memory as the guest's code finds it. While an update drains, addresses of return stubs stand where return addresses were, and a version of its data may be out of date
/// that would be brought up to date before the guest loads it.
/// </summary>
public interface IMemoryView
{
    /// <summary>Puts true return addresses into bytes that were read.</summary>
    /// <param name="address">Guest-virtual address that they were read at.</param>
    /// <param name="bytes">The bytes.</param>
    void ShowTrueBytes(ulong address, Span<byte> bytes);

    /// <summary>Makes bytes that were read what the guest would load; changes nothing there.</summary>
    /// <param name="physical">Guest-physical address that they were read at.</param>
    /// <param name="bytes">The bytes, all of one page.</param>
    void ShowUpToDate(ulong physical, Span<byte> bytes);

    /// <summary>Takes true return addresses out of bytes that are about to be written: where a stub stands it stays, and stands for them from now on.</summary>
    /// <param name="address">Guest-virtual address that they will be written at.</param>
    /// <param name="bytes">The bytes; changed to what is to be written.</param>
    void TakeTrueBytes(ulong address, Span<byte> bytes);
}
