using Lucos.Control.Debugging.Registers;
using Lucos.Control.Debugging.Targets;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>Registers, memory, breakpoints and watchpoints.</summary>
internal sealed partial class GdbSession
{
    private const string BadArgument = "E01";
    private const string NotMapped = "E14";
    private const int LongestRead = GdbPacket.MaximumPayload / 2;
    private const int LongestWatch = 4096;

    private string ReadRegisters()
    {
        var registers = _target.Registers(_thread);
        return string.Concat(RegisterTable.Registers.Select(r => Value(r, registers)));
    }

    private string WriteRegisters(PacketText text)
    {
        if (!text.TryReadBytes(out var bytes) || bytes.Length > RegisterTable.Registers.Sum(r => r.Length))
        {
            return BadArgument;
        }

        var registers = _target.Registers(_thread);
        var at = 0;
        foreach (var register in RegisterTable.Registers)
        {
            if (at + register.Length > bytes.Length)
            {
                break;
            }

            register.Write?.Invoke(registers, bytes.AsSpan(at, register.Length));
            at += register.Length;
        }

        registers.Store();
        return "OK";
    }

    private string ReadRegister(PacketText text) =>
        text.TryReadNumber(out var number) && text.IsAtEnd && number < (ulong)RegisterTable.Registers.Count
            ? Value(RegisterTable.Registers[(int)number], _target.Registers(_thread))
            : BadArgument;

    private string WriteRegister(PacketText text)
    {
        if (!text.TryReadNumber(out var number) || number >= (ulong)RegisterTable.Registers.Count
            || !text.TrySkip("="u8) || !text.TryReadBytes(out var bytes))
        {
            return BadArgument;
        }

        var register = RegisterTable.Registers[(int)number];
        if (register.Write is null || bytes.Length != register.Length)
        {
            return BadArgument;
        }

        var registers = _target.Registers(_thread);
        register.Write(registers, bytes);
        registers.Store();
        return "OK";
    }

    private static string Value(DebugRegister register, ProcessorRegisters registers)
    {
        if (register.Read is null)
        {
            return new string('x', register.Length * 2);
        }

        Span<byte> bytes = stackalloc byte[16];
        register.Read(registers, bytes[..register.Length]);
        return Convert.ToHexStringLower(bytes[..register.Length]);
    }

    private string ReadMemory(PacketText text)
    {
        if (!TryReadRange(ref text, out var address, out var length) || !text.IsAtEnd)
        {
            return BadArgument;
        }

        var bytes = new byte[(int)Math.Min(length, LongestRead)];
        var read = _target.Read(_thread, address, bytes);
        return read == 0 && length > 0 ? NotMapped : Convert.ToHexStringLower(bytes.AsSpan(0, read));
    }

    private string WriteMemory(PacketText text, bool isBinary)
    {
        if (!TryReadRange(ref text, out var address, out var length) || !text.TrySkip(":"u8))
        {
            return BadArgument;
        }

        byte[] bytes;
        if (isBinary)
        {
            bytes = text.Rest.ToArray();
        }
        else if (!text.TryReadBytes(out bytes))
        {
            return BadArgument;
        }

        return (ulong)bytes.Length != length ? BadArgument
            : bytes.Length == 0 || _target.TryWrite(_thread, address, bytes) ? "OK"
            : NotMapped;
    }

    /// <summary><c>Z0</c>, <c>Z1</c>: breakpoints. <c>Z2</c> to <c>Z4</c>: watchpoints.</summary>
    private string SetPoint(PacketText text, bool isSet)
    {
        if (!text.TryReadNumber(out var type) || !text.TrySkip(","u8) || !TryReadRange(ref text, out var address, out var kind))
        {
            return BadArgument;
        }

        switch (type)
        {
            case 0 or 1:
                return SetBreakpoint(type == 0 ? BreakpointKind.Software : BreakpointKind.Hardware, address, isSet);
            case >= (ulong)WatchKind.Write and <= (ulong)WatchKind.Access:
                return SetWatchpoint((WatchKind)type, address, kind, isSet);
            default:
                return "";
        }
    }

    private string SetBreakpoint(BreakpointKind kind, ulong address, bool isSet)
    {
        if (isSet)
        {
            return _target.TryAddBreakpoint(kind, address) ? "OK" : BadArgument;
        }

        _target.RemoveBreakpoint(kind, address);
        return "OK";
    }

    private string SetWatchpoint(WatchKind kind, ulong address, ulong length, bool isSet)
    {
        if (length is 0 or > LongestWatch || address > ulong.MaxValue - length)
        {
            return BadArgument;
        }

        if (isSet)
        {
            return _target.TryAddWatchpoint(_thread, kind, address, (int)length) ? "OK" : NotMapped;
        }

        _target.RemoveWatchpoint(kind, address, (int)length);
        return "OK";
    }

    private static bool TryReadRange(ref PacketText text, out ulong address, out ulong length)
    {
        length = 0;
        return text.TryReadNumber(out address) && text.TrySkip(","u8) && text.TryReadNumber(out length);
    }
}
