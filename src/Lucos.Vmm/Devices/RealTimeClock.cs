using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Devices;

/// <summary>The CMOS clock: starts at a fixed date and goes with virtual time, so that runs repeat. Values in BCD, 24 hours.</summary>
public sealed class RealTimeClock : IPortDevice, IStateful
{
    private static readonly DateTime s_powerOn = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly VirtualClock _clock;
    private byte _index;

    internal RealTimeClock(VirtualClock clock) => _clock = clock;

    string IStateful.StateName => "cmos";

    int IStateful.StateVersion => 1;

    /// <inheritdoc/>
    public uint Read(ushort port, int size)
    {
        if ((port & 1) == 0)
        {
            return 0xff;
        }

        DateTime now = s_powerOn.AddTicks((long)(_clock.Now / 100));
        return _index switch
        {
            0x00 => Bcd(now.Second),
            0x02 => Bcd(now.Minute),
            0x04 => Bcd(now.Hour),
            0x06 => Bcd((int)now.DayOfWeek + 1),
            0x07 => Bcd(now.Day),
            0x08 => Bcd(now.Month),
            0x09 => Bcd(now.Year % 100),
            0x0a => 0x26,
            0x0b => 0x02,
            0x0d => 0x80,
            0x32 => Bcd(now.Year / 100),
            _ => 0,
        };
    }

    /// <inheritdoc/>
    public void Write(ushort port, int size, uint value)
    {
        if ((port & 1) == 0)
        {
            _index = (byte)(value & 0x7f);
        }
    }

    void IStateful.Save(StateWriter writer) => writer.WriteByte(_index);

    void IStateful.Load(StateReader reader) => _index = (byte)(reader.ReadByte() & 0x7f);

    private static uint Bcd(int value) => (uint)(((value / 10) << 4) | (value % 10));
}
