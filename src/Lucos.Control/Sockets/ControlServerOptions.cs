namespace Lucos.Control.Sockets;

/// <summary>Options of a control socket.</summary>
/// <param name="Path">The socket.</param>
public sealed record ControlServerOptions(string Path);
