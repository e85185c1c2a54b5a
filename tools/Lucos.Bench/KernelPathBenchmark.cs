using Lucos.Control.Guests;

namespace Lucos.Bench;

/// <summary>What one operation of the guest's kernel costs in wall time, by the guest's <c>kbench</c>; start-up taken out.</summary>
public sealed class KernelPathBenchmark(GuestBench bench) : IBenchmark
{
    private static readonly (string Name, ulong Iterations)[] s_paths =
    [
        ("memory", 20_000_000), ("calls", 20_000_000), ("syscalls", 400_000), ("switches", 20_000), ("pipe", 10_000), ("fork", 500),
        ("exec", 300), ("faults", 40_000),
    ];

    /// <inheritdoc/>
    public string Name => "paths";

    /// <inheritdoc/>
    public IEnumerable<Measurement> Run(int runs, Action<string> progress)
    {
        using IGuest guest = bench.Start();
        using var session = new GuestSession(guest);
        session.AwaitPrompt(GuestBench.Budget);
        foreach ((string name, ulong iterations) in s_paths)
        {
            var samples = new List<double>();
            for (int run = 0; run < runs; run++)
            {
                progress($"{name} {run + 1}/{runs}");
                TimeSpan start = GuestBench.Time(session, $"kbench {name} {iterations / 100}");
                TimeSpan whole = GuestBench.Time(session, $"kbench {name} {iterations}");
                samples.Add((whole - start).TotalNanoseconds / (iterations - (iterations / 100)));
            }

            yield return Measurement.Of($"{name}", "ns/op", samples);
        }
    }
}
