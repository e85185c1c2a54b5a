namespace Lucos.UpdateServer.Guest;

/// <summary>An instant of a guest's time.</summary>
/// <param name="Block">Blocks executed since boot.</param>
/// <param name="Nanoseconds">What the guest's clocks show, since boot.</param>
public readonly record struct GuestTime(ulong Block, ulong Nanoseconds);
