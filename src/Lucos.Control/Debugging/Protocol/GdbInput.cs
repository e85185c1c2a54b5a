namespace Lucos.Control.Debugging.Protocol;

/// <summary>One thing that a debugger sent.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">A packet's payload, not escaped; else empty.</param>
public readonly record struct GdbInput(GdbInputKind Kind, byte[] Payload);
