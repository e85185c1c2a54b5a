namespace Lucos.Control.Debugging.Protocol;

/// <summary>What a debugger sent.</summary>
public enum GdbInputKind
{
    /// <summary>A packet.</summary>
    Packet,

    /// <summary>The last packet has arrived: <c>+</c>.</summary>
    Acknowledged,

    /// <summary>The last packet has not arrived whole: <c>-</c>.</summary>
    Refused,

    /// <summary>Ctrl-C: a byte 3 outside of a packet.</summary>
    Interrupt,

    /// <summary>A packet whose checksum is wrong or no hexadecimal number.</summary>
    Damaged,

    /// <summary>A packet that is longer than <see cref="GdbPacket.MaximumPayload"/>; it was thrown away.</summary>
    TooLong,
}
