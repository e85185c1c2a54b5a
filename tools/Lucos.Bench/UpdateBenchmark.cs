using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Updates;

namespace Lucos.Bench;

/// <summary>
/// The guest's pause when a code-only update of one function is applied and rolled back, from the hypercall's exit to the guest's
/// resumption, with its parts; the way there is the operator's, doorbell and Update Manager included.
/// </summary>
public sealed class UpdateBenchmark(GuestBench bench) : IBenchmark
{
    private const string Update = "fix-readlog";

    /// <inheritdoc/>
    public string Name => "update";

    /// <inheritdoc/>
    public IEnumerable<Measurement> Run(int runs, Action<string> progress)
    {
        byte[] package = File.ReadAllBytes(Path.Combine(bench.Files.Updates, Update + ".lup"));
        using IGuest guest = bench.Start();
        using var session = new GuestSession(guest);
        session.AwaitPrompt(GuestBench.Budget);
        var driver = new UpdateDriver(session);
        var applied = new List<PauseTiming>();
        var undone = new List<PauseTiming>();
        for (int run = 0; run < runs; run++)
        {
            progress($"update {run + 1}/{runs}");
            Ask(driver, RequestKind.Apply, package, UpdateState.Finished);
            applied.Add(driver.Find(Update)!.ApplyPause);
            Ask(driver, RequestKind.Undo, default, UpdateState.RolledBack);
            undone.Add(driver.Find(Update)!.RollBackPause);
        }

        // The first apply of a process compiles the server's code: reported by itself, as an operator meets it.
        yield return Measurement.Of("apply-pause-first", "us", [applied[0].TotalMicroseconds]);
        if (runs == 1)
        {
            yield break;
        }

        applied.RemoveAt(0);
        undone.RemoveAt(0);
        yield return Measurement.Of("apply-pause", "us", [.. applied.Select(p => p.TotalMicroseconds)]);
        yield return Measurement.Of("apply-pause-verify", "us", [.. applied.Select(p => p.VerifyMicroseconds)]);
        yield return Measurement.Of("apply-pause-walk", "us", [.. applied.Select(p => p.PlanMicroseconds)]);
        yield return Measurement.Of("apply-pause-write", "us", [.. applied.Select(p => p.WriteMicroseconds)]);
        yield return Measurement.Of("apply-pause-invalidate", "us", [.. applied.Select(p => p.InvalidateMicroseconds)]);
        yield return Measurement.Of("undo-pause", "us", [.. undone.Select(p => p.TotalMicroseconds)]);
    }

    private static void Ask(UpdateDriver driver, RequestKind kind, ReadOnlyMemory<byte> package, UpdateState state)
    {
        RequestAnswer answer = driver.AskAsOperator(kind, Update, package, GuestBench.Budget);
        if (answer.Refusal != Refusal.None)
        {
            throw new InvalidOperationException($"{kind} of {Update} was refused: {answer.Refusal} {answer.Detail}");
        }

        driver.AwaitState(Update, state, GuestBench.Budget);
    }
}
