using System.Diagnostics;

namespace Lucos.Control.Guests;

/// <summary>
/// Tells how far an idle guest's clock has run ahead of the host's. A busy guest is never held back: its clock may drift.
/// </summary>
internal sealed class IdlePacer
{
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(50);

    private readonly Stopwatch _host = Stopwatch.StartNew();
    private long _offset;
    private ulong _idlePeriods;

    /// <summary>How long to wait now; zero for a guest that was busy or is behind.</summary>
    /// <param name="nanoseconds">The guest's time.</param>
    /// <param name="idlePeriods">How often it was idle so far.</param>
    public TimeSpan Ahead(ulong nanoseconds, ulong idlePeriods)
    {
        var wasIdle = idlePeriods != _idlePeriods;
        _idlePeriods = idlePeriods;
        var ahead = (long)nanoseconds - (_host.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency)) - _offset;
        if (!wasIdle || ahead < 0)
        {
            _offset += ahead;
            return TimeSpan.Zero;
        }

        var wait = TimeSpan.FromMicroseconds(ahead / 1000.0);
        return wait < s_most ? wait : s_most;
    }
}
