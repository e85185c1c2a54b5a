namespace Lucos.Control.Sockets;

/// <summary>Options of a control socket.</summary>
/// <param name="Path">The socket.</param>
/// <param name="Clock">Says how long clients have been idle; null for the host's.</param>
public sealed record ControlServerOptions(string Path, TimeProvider? Clock = null);
