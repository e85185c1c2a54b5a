using System.Diagnostics;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Transactions;
using Lucos.Vmm.Time;

namespace Lucos.UpdateServer.Updates;

/// <summary>Takes the times of one hypercall's phases.</summary>
internal sealed class PauseWatch(IGuest guest)
{
    private readonly ulong _blocks = guest.Blocks;
    private readonly TimeSpan _processor = HostTime.OfThread;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _invalidation = guest.InvalidationTicks;
    private long _verified;
    private long _planned;
    private long _transfer;
    private long _protect;

    /// <summary>The checks are done.</summary>
    public void Verified() => _verified = Stopwatch.GetTimestamp();

    /// <summary>The plan is made.</summary>
    public void Planned() => _planned = Stopwatch.GetTimestamp();

    /// <summary>Tells how the time of the changes is spread.</summary>
    public void Count(StepKind kind, long ticks)
    {
        _transfer += kind is StepKind.Transfer or StepKind.Workspace ? ticks : 0;
        _protect += kind == StepKind.Monitor ? ticks : 0;
    }

    /// <summary>The writing is done.</summary>
    public PauseTiming Stop()
    {
        long end = Stopwatch.GetTimestamp();
        long invalidation = guest.InvalidationTicks - _invalidation;
        return new PauseTiming(
            Microseconds(_verified - _start),
            Microseconds(_planned - _verified),
            Microseconds(end - _planned - invalidation - _transfer - _protect),
            Microseconds(invalidation),
            Microseconds(_transfer),
            Microseconds(_protect),
            Microseconds(end - _start),
            (HostTime.OfThread - _processor).TotalMicroseconds,
            guest.Blocks - _blocks);
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
