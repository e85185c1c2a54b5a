namespace Lucos.Control.Guests;

/// <summary>
/// Shows stacks as they are without the Update Server: while an update drains, addresses of return stubs stand where return addresses were.
/// </summary>
public interface IStackView
{
    /// <summary>Puts true return addresses into bytes that were read.</summary>
    /// <param name="address">Guest-virtual address that they were read at.</param>
    /// <param name="bytes">The bytes.</param>
    void ShowTrueBytes(ulong address, Span<byte> bytes);

    /// <summary>Takes true return addresses out of bytes that are about to be written: where a stub stands it stays, and stands for them from now on.</summary>
    /// <param name="address">Guest-virtual address that they will be written at.</param>
    /// <param name="bytes">The bytes; changed to what is to be written.</param>
    void TakeTrueBytes(ulong address, Span<byte> bytes);
}
