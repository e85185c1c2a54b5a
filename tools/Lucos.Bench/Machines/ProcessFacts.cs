using System.Globalization;

namespace Lucos.Bench.Machines;

/// <summary>What Linux tells about a process (proc(5)).</summary>
public static class ProcessFacts
{
    /// <summary>Memory of the host that a process holds, in MiB.</summary>
    public static double ResidentMiB(int process)
    {
        const string field = "VmRSS:";
        string line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Processor time of all threads of a process that are alive, to the nanosecond (<c>schedstat</c>'s first number).</summary>
    public static TimeSpan ProcessorTime(int process) =>
        Directory.EnumerateDirectories($"/proc/{process}/task")
            .Aggregate(TimeSpan.Zero, (sum, task) => sum + HostClock.ReadSchedule(Path.Combine(task, "schedstat")));
}
