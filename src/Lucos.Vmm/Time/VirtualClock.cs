using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Time;

/// <summary>
/// The machine's time: one nanosecond per code byte executed, plus fixed prices for what leaves the guest (<see cref="PortAccessCost"/>).
/// Nothing of the host's time is in it, so the same inputs give the same times.
/// </summary>
public sealed class VirtualClock : IStateful
{
    /// <summary>Nanoseconds that an IN or OUT takes.</summary>
    public const long PortAccessCost = 500;

    /// <summary>Nanoseconds that an access to the local APIC takes.</summary>
    public const long ApicAccessCost = 50;

    /// <summary>Nanoseconds that RDTSC takes.</summary>
    public const long TimestampCost = 20;

    /// <summary>Longest stretch, in nanoseconds, after which requests from other threads are looked for.</summary>
    public const ulong PollInterval = 100_000;

    // 146 years: far below where a signed sum of times, or the calendar, would overflow.
    private const ulong LatestTime = 1UL << 62;

    private readonly IExecutionCounter _counter;
    private long _target;

    internal VirtualClock(IExecutionCounter counter)
    {
        _counter = counter;
        _target = counter.Countdown;
    }

    /// <summary>Virtual nanoseconds since power-on.</summary>
    public ulong Now => (ulong)(_target - _counter.Countdown);

    /// <summary>Blocks executed since power-on.</summary>
    public ulong Blocks => _counter.Blocks;

    string IStateful.StateName => "clock";

    int IStateful.StateVersion => 1;

    void IStateful.Save(StateWriter writer)
    {
        writer.WriteUInt64(Now);
        writer.WriteUInt64(Blocks);
    }

    void IStateful.Load(StateReader reader)
    {
        ulong now = reader.ReadUInt64();
        _counter.Blocks = reader.ReadUInt64();
        _counter.Countdown = 0;
        _target = now <= LatestTime
            ? (long)now + _counter.Countdown
            : throw reader.Damaged($"the clock stands at {now} ns, the latest possible is {LatestTime}");
    }

    // Countdown and target move together, so Now does not jump.
    internal void Arm(ulong nanoseconds)
    {
        long slice = (long)Math.Min(nanoseconds, PollInterval);
        _target = (long)Now + slice;
        _counter.Countdown = slice;
    }

    internal void CheckAtNextBlock() => Arm(0);

    internal void Spend(long nanoseconds) => _counter.Countdown -= nanoseconds;

    internal void WarpTo(ulong time)
    {
        if (time > Now)
        {
            _target += (long)(time - Now);
        }
    }
}
