using System.Diagnostics;

namespace Lucos.Control.Guests;

/// <summary>
/// Keeps the clock of an idle guest with the host's: tells how many blocks to run at once, and how far the guest is ahead then. A busy guest is never
/// held back: its clock may drift, and what it is ahead or behind by then is forgiven.
/// </summary>
internal sealed class IdlePacer
{
    /// <summary>Blocks at once for a guest that does nothing: some thirty milliseconds of its time. A whole slice would be seconds.</summary>
    private const ulong IdleSlice = 500;

    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(50);

    private readonly Func<TimeSpan> _host;
    private TimeSpan _offset;
    private ulong _idlePeriods;

    /// <summary>Makes one.</summary>
    /// <param name="host">The host's clock; null for its own.</param>
    public IdlePacer(Func<TimeSpan>? host = null)
    {
        var watch = Stopwatch.StartNew();
        _host = host ?? (() => watch.Elapsed);
    }

    /// <summary>Blocks to run before the next look: more and more while the guest is busy, so that one that has just become idle does not run seconds ahead.</summary>
    public ulong Slice { get; private set; } = IdleSlice;

    /// <summary>How long to wait now; zero for a guest that was busy or is behind.</summary>
    /// <param name="nanoseconds">The guest's time.</param>
    /// <param name="idlePeriods">How often it was idle so far.</param>
    public TimeSpan Ahead(ulong nanoseconds, ulong idlePeriods)
    {
        var wasIdle = idlePeriods != _idlePeriods;
        _idlePeriods = idlePeriods;
        Slice = wasIdle ? IdleSlice : Math.Min(GuestHost.Slice, Slice * 2);
        var ahead = TimeSpan.FromMicroseconds(nanoseconds / 1000.0) - _host() - _offset;
        var wait = !wasIdle || ahead < TimeSpan.Zero ? TimeSpan.Zero : ahead < s_most ? ahead : s_most;
        _offset += ahead - wait;
        return wait;
    }
}
