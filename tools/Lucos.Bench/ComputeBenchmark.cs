using Lucos.Control.Guests;

namespace Lucos.Bench;

/// <summary>
/// The same machine code, functions of the guest's <c>kbench</c>, in a guest process with everything on (paging, clock, timer
/// interrupts, Update Server) and on the bare engine without hooks. Start-up is taken out by measuring two lengths. <c>cipher</c> is the
/// compute workload; <c>integer</c> is the worst case, a loop of one short block, where counting blocks costs most.
/// </summary>
public sealed class ComputeBenchmark(GuestBench bench) : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "compute";

    /// <inheritdoc/>
    public IEnumerable<Measurement> Run(int runs, Action<string> progress)
    {
        using IGuest guest = bench.Start();
        using var session = new GuestSession(guest);
        session.AwaitPrompt(GuestBench.Budget);
        yield return Compare(session, "cipher", 1_000_000, runs, progress);
        yield return Compare(session, "integer", 100_000_000, runs, progress);
    }

    private Measurement Compare(GuestSession session, string function, ulong iterations, int runs, Action<string> progress)
    {
        using BareProgram bare = BareProgram.Load(bench.Files, function);
        double instructions = bare.InstructionsOf(iterations) / (double)iterations;
        var onLucos = new List<double>();
        var onBare = new List<double>();
        for (int run = 0; run < runs; run++)
        {
            progress($"{function} {run + 1}/{runs}");
            onLucos.Add(Rate(n => GuestBench.Time(session, $"kbench {function} {n}"), iterations, instructions));
            onBare.Add(Rate(bare.Time, iterations, instructions));
        }

        return Measurement.Of($"compute-{function}", "Minstr/s", onLucos, onBare);
    }

    private static double Rate(Func<ulong, TimeSpan> time, ulong iterations, double instructionsPerIteration)
    {
        ulong few = iterations / 100;
        TimeSpan start = time(few);
        TimeSpan whole = time(iterations + few);
        return iterations * instructionsPerIteration / (whole - start).TotalMicroseconds;
    }
}
