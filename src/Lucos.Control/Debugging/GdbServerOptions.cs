using System.Net;

namespace Lucos.Control.Debugging;

/// <summary>Where a debugger can connect.</summary>
/// <param name="EndPoint">Address and port; port 0 has the system choose one.</param>
public sealed record GdbServerOptions(IPEndPoint EndPoint);
