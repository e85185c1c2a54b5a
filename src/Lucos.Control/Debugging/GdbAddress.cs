using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Lucos.Control.Results;

namespace Lucos.Control.Debugging;

/// <summary>Addresses to listen at, as users write them.</summary>
public static class GdbAddress
{
    /// <summary>Reads <c>PORT</c>, <c>:PORT</c> or <c>HOST:PORT</c>; without a host it is this machine only.</summary>
    /// <param name="text">The text; QEMU's <c>tcp:</c> before it is passed over.</param>
    /// <exception cref="LucosException">It is none of these, or the host has no address.</exception>
    public static IPEndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var address = text.StartsWith("tcp:", StringComparison.Ordinal) ? text[4..] : text;
        var colon = address.LastIndexOf(':');
        if (!ushort.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw Bad(text, "the port is no number from 0 to 65535");
        }

        return new IPEndPoint(colon <= 0 ? IPAddress.Loopback : Resolve(address[..colon].Trim('[', ']'), text), port);
    }

    private static IPAddress Resolve(string host, string text)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        try
        {
            return Dns.GetHostAddresses(host).MinBy(a => a.AddressFamily != AddressFamily.InterNetwork) ?? throw Bad(text, $"host '{host}' has no address");
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw Bad(text, $"host '{host}' has no address");
        }
    }

    private static LucosException Bad(string text, string problem) => new(
        ExitCode.Usage, "bad-gdb-address", $"'{text}': {problem}; an address is PORT, :PORT or HOST:PORT, and port 0 has one chosen");
}
