using System.Globalization;
using System.Text;
using Lucos.Control.Debugging.Registers;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>The general queries.</summary>
internal sealed partial class GdbSession
{
    private IReadOnlyList<byte[]> Query(PacketText text)
    {
        if (text.TrySkip("qRcmd,"u8))
        {
            return Monitor(text);
        }

        if (text.TrySkip("QStartNoAckMode"u8))
        {
            IsWithoutAcknowledgements = true;
            return Answer("OK");
        }

        return Answer(QueryText(text));
    }

    private string QueryText(PacketText text)
    {
        if (text.TrySkip("qSupported"u8))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"PacketSize={GdbPacket.MaximumPayload:x};qXfer:features:read+;vContSupported+;swbreak+;hwbreak+;QStartNoAckMode+;qemu.PhyMemMode+");
        }

        if (text.TrySkip("qXfer:features:read:target.xml:"u8))
        {
            return Transfer(text, TargetDescription.Xml);
        }

        if (text.TrySkip("qfThreadInfo"u8))
        {
            return "m" + string.Join(',', Enumerable.Range(1, _target.ThreadCount).Select(t => t.ToString("x", CultureInfo.InvariantCulture)));
        }

        if (text.TrySkip("qsThreadInfo"u8))
        {
            return "l";
        }

        if (text.TrySkip("qThreadExtraInfo,"u8))
        {
            return TryReadThread(ref text, out var thread) ? Convert.ToHexStringLower(Encoding.UTF8.GetBytes(_target.Describe(thread))) : BadArgument;
        }

        if (text.TrySkip("qC"u8) && text.IsAtEnd)
        {
            return string.Create(CultureInfo.InvariantCulture, $"QC{_thread:x}");
        }

        return text.TrySkip("qAttached"u8) ? "1"
            : text.TrySkip("qqemu.PhyMemMode"u8) ? (_target.IsPhysical ? "1" : "0")
            : text.TrySkip("Qqemu.PhyMemMode:"u8) ? SetPhysical(text)
            : "";
    }

    private string SetPhysical(PacketText text)
    {
        if (!text.TryReadNumber(out var isOn) || isOn > 1)
        {
            return BadArgument;
        }

        _target.IsPhysical = isOn == 1;
        return "OK";
    }

    private static string Transfer(PacketText text, string document)
    {
        if (!text.TryReadNumber(out var offset) || !text.TrySkip(","u8) || !text.TryReadNumber(out var length))
        {
            return BadArgument;
        }

        if (offset >= (ulong)document.Length)
        {
            return offset == (ulong)document.Length ? "l" : BadArgument;
        }

        // Half of a packet, so that it fits whatever of it is escaped.
        var piece = (int)Math.Min(Math.Min(length, LongestRead), (ulong)document.Length - offset);
        return string.Concat((int)offset + piece == document.Length ? "l" : "m", document.AsSpan((int)offset, piece));
    }

    private IReadOnlyList<byte[]> Monitor(PacketText text)
    {
        if (!text.TryReadBytes(out var bytes))
        {
            return Answer(BadArgument);
        }

        var command = Encoding.UTF8.GetString(bytes).Trim();
        switch (command)
        {
            case "reset":
                _control.Restart();
                return Answer("OK");
            case "phys on" or "phys off":
                _target.IsPhysical = command == "phys on";
                return Answer("OK");
            default:
                return [.. MonitorText(_monitor.Answer(command)), Bytes("OK")];
        }
    }

    private static IEnumerable<byte[]> MonitorText(string text) =>
        Encoding.UTF8.GetBytes(text).Chunk(LongestRead / 2).Select(piece => Bytes("O" + Convert.ToHexStringLower(piece)));
}
