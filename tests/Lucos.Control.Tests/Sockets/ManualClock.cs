namespace Lucos.Control.Tests.Sockets;

/// <summary>A clock that stands still unless it is moved on.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    internal void MoveOn(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
