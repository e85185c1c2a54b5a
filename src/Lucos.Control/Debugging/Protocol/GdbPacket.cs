using System.Globalization;
using System.Text;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>Packets of the remote protocol as bytes: <c>$payload#checksum</c>, with <c># $ } *</c> escaped in the payload.</summary>
public static class GdbPacket
{
    /// <summary>Longest payload, escaped, that is taken or sent; gdb is told so by <c>PacketSize</c>.</summary>
    public const int MaximumPayload = 0x4000;

    internal const byte Start = (byte)'$';
    internal const byte End = (byte)'#';
    internal const byte Escape = (byte)'}';
    internal const byte EscapeMask = 0x20;

    /// <summary>Frames a payload.</summary>
    /// <param name="payload">The payload, not escaped.</param>
    public static byte[] Encode(ReadOnlySpan<byte> payload)
    {
        var packet = new List<byte>(payload.Length + 4) { Start };
        foreach (var value in payload)
        {
            if (value is Start or End or Escape or (byte)'*')
            {
                packet.Add(Escape);
                packet.Add((byte)(value ^ EscapeMask));
            }
            else
            {
                packet.Add(value);
            }
        }

        var sum = (byte)packet.Skip(1).Sum(b => b);
        packet.Add(End);
        packet.AddRange(Encoding.ASCII.GetBytes(sum.ToString("x2", CultureInfo.InvariantCulture)));
        return [.. packet];
    }
}
