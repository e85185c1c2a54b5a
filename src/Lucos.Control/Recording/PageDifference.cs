namespace Lucos.Control.Recording;

/// <summary>A page of physical memory that differs from the recorded one.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Places">Offsets in it of the first byte and behind the last of what differs, to 16 bytes; empty where the record doesn't tell (it is not exact).</param>
/// <param name="Holds">What lies there, if it has a name.</param>
/// <param name="FirstStore">The replay's first store to it since the last check of RAM that agreed; null for none, or when that was not looked for.</param>
/// <param name="LastStore">The replay's last store to it up to the check that differs.</param>
public sealed record PageDifference(
    ulong Address, IReadOnlyList<PagePart> Places, string? Holds, PageStore? FirstStore = null, PageStore? LastStore = null);
