using System.Diagnostics;
using System.Globalization;

namespace Lucos.Bench.Machines;

/// <summary>
/// The clock that everything is measured by: the wall's, or on a host with other work the processor time of whoever does the work. Chosen once, before
/// anything is measured.
/// </summary>
public static class HostClock
{
    private const int NanosecondsPerTick = 100;

    /// <summary>Whether processor time is taken. Linux brings it up to date at its own ticks, so a time may be some milliseconds off.</summary>
    public static bool CountsProcessorTime { get; set; }

    /// <summary>Now, for work of the calling thread.</summary>
    public static TimeSpan OfThread() => CountsProcessorTime ? ReadSchedule("/proc/thread-self/schedstat") : Stopwatch.GetElapsedTime(0);

    /// <summary>Now, for work of another process.</summary>
    public static TimeSpan OfProcess(int process) => CountsProcessorTime ? ProcessFacts.ProcessorTime(process) : Stopwatch.GetElapsedTime(0);

    /// <summary>The processor time in a <c>schedstat</c> file of proc(5).</summary>
    internal static TimeSpan ReadSchedule(string path) =>
        TimeSpan.FromTicks(long.Parse(File.ReadAllText(path).Split(' ')[0], CultureInfo.InvariantCulture) / NanosecondsPerTick);
}
