using System.Diagnostics;
using Lucos.Control.Guests;

namespace Lucos.Bench;

/// <summary>From the start of the machine to the shell's prompt, Update Manager loaded, in wall time.</summary>
public sealed class BootBenchmark(GuestBench bench) : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "boot";

    /// <inheritdoc/>
    public IEnumerable<Measurement> Run(int runs, Action<string> progress)
    {
        var milliseconds = new List<double>();
        for (int run = 0; run < runs; run++)
        {
            progress($"boot {run + 1}/{runs}");
            long start = Stopwatch.GetTimestamp();
            using IGuest guest = bench.Start();
            using var session = new GuestSession(guest);
            session.AwaitPrompt(GuestBench.Budget);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        yield return Measurement.Of("boot-to-prompt", "ms", milliseconds);
    }
}
