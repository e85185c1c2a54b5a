using Lucos.Abi;
using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm.Devices;

/// <summary>The 8254 of a PC: channel 0 is the timer interrupt, channel 2 can be timed through port 0x61; channel 1 counts only.</summary>
public sealed class IntervalTimer : IPortDevice, IClockedDevice, IStateful
{
    private const ushort ControlPort = 0x43;
    private const ushort SpeakerPort = 0x61;
    private readonly PitChannel[] _channels = [new(), new(), new()];
    private readonly VirtualClock _clock;
    private readonly InterruptController _interrupts;
    private readonly Action _deadlineChanged;
    private byte _speaker;
    private ulong _nextPeriod;

    internal IntervalTimer(VirtualClock clock, InterruptController interrupts, Action deadlineChanged)
    {
        _clock = clock;
        _interrupts = interrupts;
        _deadlineChanged = deadlineChanged;
    }

    /// <inheritdoc/>
    public ulong NextDeadline { get; private set; } = ulong.MaxValue;

    /// <summary>Interrupts that channel 0 has raised.</summary>
    public ulong TickCount { get; private set; }

    string IStateful.StateName => "8254";

    int IStateful.StateVersion => 1;

    /// <inheritdoc/>
    public uint Read(ushort port, int size) => port switch
    {
        SpeakerPort => (uint)(_speaker & 0x0f) | (_channels[2].Output(_clock.Now) ? 0x20u : 0) | ((uint)(_clock.Now / 15_000 % 2) << 4),
        ControlPort => 0xff,
        _ => _channels[port & 3].Read(_clock.Now),
    };

    /// <inheritdoc/>
    public void Write(ushort port, int size, uint value)
    {
        if (port == SpeakerPort)
        {
            _speaker = (byte)(value & 3);
        }
        else if (port == ControlPort)
        {
            int channel = (int)(value >> 6) & 3;
            if (channel < 3)
            {
                _channels[channel].Control((byte)value, _clock.Now);
                Schedule(channel);
            }
        }
        else
        {
            _channels[port & 3].Write((byte)value, _clock.Now);
            Schedule(port & 3);
        }
    }

    /// <inheritdoc/>
    public void Advance(ulong now)
    {
        if (now < NextDeadline)
        {
            return;
        }

        // A guest that was busy for several periods gets one interrupt: the line is edge triggered and was not taken in between.
        PitChannel timer = _channels[0];
        TickCount++;
        _interrupts.Pulse(GuestPorts.TimerIrq);
        if (timer.Mode == 0)
        {
            NextDeadline = ulong.MaxValue;
            return;
        }

        _nextPeriod = (timer.Ticks(now) / timer.Reload) + 1;
        NextDeadline = timer.TimeOf(_nextPeriod * timer.Reload);
    }

    void IStateful.Save(StateWriter writer)
    {
        foreach (PitChannel channel in _channels)
        {
            channel.Save(writer);
        }

        writer.WriteByte(_speaker);
        writer.WriteUInt64(_nextPeriod);
        writer.WriteUInt64(NextDeadline);
        writer.WriteUInt64(TickCount);
    }

    void IStateful.Load(StateReader reader)
    {
        foreach (PitChannel channel in _channels)
        {
            channel.Load(reader, _clock.Now);
        }

        _speaker = reader.ReadByte();
        _nextPeriod = reader.ReadUInt64();
        NextDeadline = reader.ReadUInt64();
        TickCount = reader.ReadUInt64();
    }

    private void Schedule(int channel)
    {
        if (channel != 0)
        {
            return;
        }

        PitChannel timer = _channels[0];
        _nextPeriod = 1;
        NextDeadline = timer.IsRunning ? timer.TimeOf(timer.Reload) : ulong.MaxValue;
        _deadlineChanged();
    }
}
