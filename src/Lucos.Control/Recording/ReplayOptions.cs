namespace Lucos.Control.Recording;

/// <summary>How far a replay goes.</summary>
/// <param name="Until">Stops at the first block boundary at or behind this block; null for the end of the record.</param>
/// <param name="StopAt">Stops there; null for nowhere.</param>
/// <param name="After">The stop point counts only from this block on.</param>
public sealed record ReplayOptions(ulong? Until = null, StopPoint? StopAt = null, ulong After = 0);
