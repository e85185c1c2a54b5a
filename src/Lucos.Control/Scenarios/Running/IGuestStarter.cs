using Lucos.Control.Guests;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Makes guests for scenarios.</summary>
public interface IGuestStarter
{
    /// <summary>Makes a guest that has not run yet.</summary>
    /// <param name="settings">What it is like.</param>
    IGuest Start(GuestSettings settings);
}
