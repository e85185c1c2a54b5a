using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Devices;

/// <summary>One counter of an 8254 (Intel 8254 data sheet). Modes 0 (one shot), 2 (rate) and 3 (square wave); others count as mode 2.</summary>
internal sealed class PitChannel
{
    internal const ulong Frequency = 1_193_182;
    private const ulong NanosecondsPerSecond = 1_000_000_000;
    private int _access = 3;
    private byte _low;
    private bool _expectHigh;
    private bool _readHigh;
    private ushort? _latch;
    private bool _loaded;

    internal int Mode { get; private set; }

    internal ulong Reload { get; private set; } = 0x10000;

    internal ulong Start { get; private set; }

    internal bool IsRunning => _loaded;

    /// <summary>Ticks since it was loaded.</summary>
    internal ulong Ticks(ulong now) => (ulong)((UInt128)(now - Start) * Frequency / NanosecondsPerSecond);

    /// <summary>The first nanosecond in which <paramref name="ticks"/> ticks have passed.</summary>
    internal ulong TimeOf(ulong ticks) => Start + (ulong)((((UInt128)ticks * NanosecondsPerSecond) + Frequency - 1) / Frequency);

    internal void Control(byte value, ulong now)
    {
        int access = (value >> 4) & 3;
        if (access == 0)
        {
            _latch ??= Count(now);
            return;
        }

        _access = access;
        Mode = (value >> 1) & 7;
        Mode = Mode > 5 ? Mode - 4 : Mode;
        _expectHigh = false;
        _readHigh = false;
        _loaded = false;
    }

    internal void Write(byte value, ulong now)
    {
        switch (_access)
        {
            case 1:
                Load(value, now);
                break;
            case 2:
                Load((ulong)value << 8, now);
                break;
            default:
                if (_expectHigh)
                {
                    Load(((ulong)value << 8) | _low, now);
                }
                else
                {
                    _low = value;
                }

                _expectHigh = !_expectHigh;
                break;
        }
    }

    internal byte Read(ulong now)
    {
        ushort count = _latch ?? Count(now);
        bool high = _access == 2 || (_access == 3 && _readHigh);
        if (_access == 3)
        {
            _readHigh = !_readHigh;
        }

        if (_access != 3 || !_readHigh)
        {
            _latch = null;
        }

        return (byte)(high ? count >> 8 : count);
    }

    internal bool Output(ulong now)
    {
        if (!_loaded)
        {
            return Mode != 0;
        }

        ulong ticks = Ticks(now);
        return Mode switch
        {
            0 => ticks >= Reload,
            3 => ticks % Reload < (Reload + 1) / 2,
            _ => ticks % Reload != Reload - 1,
        };
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteInt32(_access);
        writer.WriteByte(_low);
        writer.WriteFlag(_expectHigh);
        writer.WriteFlag(_readHigh);
        writer.WriteInt32(_latch ?? -1);
        writer.WriteFlag(_loaded);
        writer.WriteInt32(Mode);
        writer.WriteUInt64(Reload);
        writer.WriteUInt64(Start);
    }

    internal void Load(StateReader reader, ulong now)
    {
        _access = reader.ReadInt32(1, 3);
        _low = reader.ReadByte();
        _expectHigh = reader.ReadFlag();
        _readHigh = reader.ReadFlag();
        int latch = reader.ReadInt32(-1, ushort.MaxValue);
        _latch = latch < 0 ? null : (ushort)latch;
        _loaded = reader.ReadFlag();
        Mode = reader.ReadInt32(0, 5);
        Reload = reader.ReadUInt64();
        Start = reader.ReadUInt64();
        if (Reload is 0 or > 0x10000 || Start > now)
        {
            throw reader.Damaged($"a counter of {Reload} ticks that began at {Start} ns, now is {now} ns");
        }
    }

    private ushort Count(ulong now)
    {
        ulong ticks = _loaded ? Ticks(now) : 0;
        return Mode switch
        {
            0 => (ushort)(Reload - ticks),
            3 => (ushort)(Reload - (ticks * 2 % Reload)),
            _ => (ushort)(Reload - (ticks % Reload)),
        };
    }

    private void Load(ulong value, ulong now)
    {
        Reload = value == 0 ? 0x10000 : value;
        Start = now;
        _loaded = true;
    }
}
