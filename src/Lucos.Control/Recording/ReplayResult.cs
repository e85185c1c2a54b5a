namespace Lucos.Control.Recording;

/// <summary>How a replay ended.</summary>
/// <param name="At">Where the guest stands.</param>
/// <param name="Checks">Hashes that were compared and found equal.</param>
/// <param name="Reason">Why it ended: <c>end</c>, <c>until</c>, <c>stop-point</c>, <c>truncated</c> or <c>diverged</c>.</param>
/// <param name="Detail">For a stop point: what happens there, with registers and callers. For an end: how the guest stood.</param>
/// <param name="Divergence">Where it went another way; null when it did not.</param>
public sealed record ReplayResult(RecordPosition At, int Checks, string Reason, string Detail, Divergence? Divergence);
