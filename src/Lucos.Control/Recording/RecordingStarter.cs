using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Running;

namespace Lucos.Control.Recording;

/// <summary>Makes guests whose inputs are recorded.</summary>
/// <param name="starter">Makes the guests.</param>
/// <param name="open">Opens where the next record goes; disposed with its guest.</param>
/// <param name="options">How often hashes are taken.</param>
public sealed class RecordingStarter(VmmGuestStarter starter, Func<Stream> open, RecordOptions options) : IGuestStarter
{
    /// <inheritdoc/>
    public IGuest Start(GuestSettings settings) => starter.StartRecorded(settings, null, open(), options);
}
