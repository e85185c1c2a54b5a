using System.Diagnostics;
using Lucos.Control.Guests;

namespace Lucos.Bench;

/// <summary>
/// The same machine code, function <c>integer</c> of the guest's <c>kbench</c>, in a guest process with everything on (paging, clock,
/// timer interrupts, Update Server) and on the bare engine without hooks. Start-up is taken out by measuring two lengths.
/// </summary>
public sealed class ComputeBenchmark(GuestBench bench) : IBenchmark
{
    private const ulong Short = 1_000_000;
    private const ulong Long = 101_000_000;

    /// <inheritdoc/>
    public string Name => "compute";

    /// <inheritdoc/>
    public IEnumerable<Measurement> Run(int runs, Action<string> progress)
    {
        using IGuest guest = bench.Start();
        using var session = new GuestSession(guest);
        session.AwaitPrompt(GuestBench.Budget);
        using BareProgram bare = BareProgram.Load(bench.Files, "integer");
        var onLucos = new List<double>();
        var onBare = new List<double>();
        for (int run = 0; run < runs; run++)
        {
            progress($"compute {run + 1}/{runs}");
            onLucos.Add(Rate(n => GuestBench.Time(session, $"kbench integer {n}"), bare.InstructionsPerIteration));
            onBare.Add(Rate(bare.Time, bare.InstructionsPerIteration));
        }

        yield return Measurement.Of("compute-integer", "Minstr/s", onLucos, onBare);
    }

    private static double Rate(Func<ulong, TimeSpan> time, int instructionsPerIteration)
    {
        TimeSpan start = time(Short);
        TimeSpan whole = time(Long);
        return (Long - Short) * (double)instructionsPerIteration / (whole - start).TotalMicroseconds;
    }
}
