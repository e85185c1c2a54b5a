using System.Globalization;

namespace Lucos.Control.Recording;

/// <summary>A byte of memory that explains a divergence: with the recorded value in its place the guest goes on as recorded.</summary>
/// <param name="Address">Physical address.</param>
/// <param name="Recorded">What the record must have had there.</param>
/// <param name="Replayed">What the replay has there.</param>
public sealed record RecordedByte(ulong Address, byte Recorded, byte Replayed)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"the byte at 0x{Address:x} is 0x{Replayed:x2} and was 0x{Recorded:x2}");
}
