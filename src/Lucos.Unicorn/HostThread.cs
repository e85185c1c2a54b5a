using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>The host's thread that calls.</summary>
public static unsafe class HostThread
{
    /// <summary>Processor time that it has used: what passed on a host that did nothing else (CLOCK_THREAD_CPUTIME_ID). Zero where the host does not tell.</summary>
    public static TimeSpan ProcessorTime
    {
        get
        {
            TimeSpec time = default;
            return LinuxApi.clock_gettime(LinuxApi.ClockOfThread, &time) == 0
                ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick)
                : TimeSpan.Zero;
        }
    }
}
