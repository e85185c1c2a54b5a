namespace Lucos.Control.Debugging.Protocol;

/// <summary>
/// Takes apart what a debugger sends, byte by byte. Any bytes are taken; what is no packet, acknowledgement or interrupt is passed over. Holds
/// one packet at most.
/// </summary>
public sealed class GdbInputReader
{
    private const byte InterruptByte = 3;

    private readonly List<byte> _payload = [];
    private State _state = State.Outside;
    private byte _sum;
    private int _length;
    private int _checksum;

    private enum State
    {
        Outside,
        Payload,
        Escaped,
        FirstDigit,
        SecondDigit,
    }

    /// <summary>Takes a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <returns>What it completes, or null.</returns>
    public GdbInput? Take(byte value) => _state switch
    {
        State.Outside => TakeOutside(value),
        State.FirstDigit => TakeFirstDigit(value),
        State.SecondDigit => TakeSecondDigit(value),
        _ => TakePayload(value),
    };

    private GdbInput? TakeOutside(byte value)
    {
        switch (value)
        {
            case GdbPacket.Start:
                Begin();
                return null;
            case (byte)'+':
                return new GdbInput(GdbInputKind.Acknowledged, []);
            case (byte)'-':
                return new GdbInput(GdbInputKind.Refused, []);
            case InterruptByte:
                return new GdbInput(GdbInputKind.Interrupt, []);
            default:
                return null;
        }
    }

    private void Begin()
    {
        _payload.Clear();
        _sum = 0;
        _length = 0;
        _state = State.Payload;
    }

    private GdbInput? TakePayload(byte value)
    {
        // An escaped byte is never one of these, so a packet that was cut off ends here and another begins.
        if (value == GdbPacket.Start)
        {
            Begin();
            return null;
        }

        if (value == GdbPacket.End)
        {
            _state = State.FirstDigit;
            return null;
        }

        _sum += value;
        _length++;
        if (_length > GdbPacket.MaximumPayload)
        {
            return null;
        }

        if (_state == State.Escaped)
        {
            _payload.Add((byte)(value ^ GdbPacket.EscapeMask));
            _state = State.Payload;
        }
        else if (value == GdbPacket.Escape)
        {
            _state = State.Escaped;
        }
        else
        {
            _payload.Add(value);
        }

        return null;
    }

    private GdbInput? TakeFirstDigit(byte value)
    {
        _checksum = Digit(value);
        _state = State.SecondDigit;
        return null;
    }

    private GdbInput TakeSecondDigit(byte value)
    {
        _state = State.Outside;
        var second = Digit(value);
        if (_length > GdbPacket.MaximumPayload)
        {
            return new GdbInput(GdbInputKind.TooLong, []);
        }

        return _checksum < 0 || second < 0 || ((_checksum << 4) | second) != _sum
            ? new GdbInput(GdbInputKind.Damaged, [])
            : new GdbInput(GdbInputKind.Packet, [.. _payload]);
    }

    private static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
