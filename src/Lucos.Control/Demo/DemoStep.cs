namespace Lucos.Control.Demo;

/// <summary>One step of the demo, as it came out.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="PauseMicroseconds">For the update: how long the guest stood still, host time. Else null.</param>
/// <param name="PauseGuestBlocks">For the update: guest blocks that passed meanwhile. Else null.</param>
public sealed record DemoStep(string Name, string Outcome, string Detail, double? PauseMicroseconds = null, ulong? PauseGuestBlocks = null);
