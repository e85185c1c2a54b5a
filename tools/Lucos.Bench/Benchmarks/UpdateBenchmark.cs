using Lucos.Abi;
using Lucos.Bench.Reports;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Updates;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// The guest's pause when a code-only update of one function is applied and rolled back, from the hypercall's exit to the guest's
/// resumption, with its parts; the way there is the operator's, doorbell and Update Manager included.
/// </summary>
public sealed class UpdateBenchmark : IBenchmark
{
    private const string Update = "fix-readlog";
    private const ulong Budget = 20_000_000_000;

    /// <inheritdoc/>
    public string Name => "update";

    /// <inheritdoc/>
    public string Group => "update";

    /// <inheritdoc/>
    public string About => "the guest's pause while an update is applied and undone, with its parts";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        byte[] package = File.ReadAllBytes(Path.Combine(context.Files.Updates, Update + ".lup"));
        using IGuest guest = new VmmGuestStarter(context.Files).Start(new GuestSettings(), null);
        using var session = new GuestSession(guest);
        session.AwaitPrompt(Budget);
        var driver = new UpdateDriver(session);
        var applied = new List<PauseTiming>();
        var undone = new List<PauseTiming>();

        // The first apply of a process compiles the server's code: reported by itself, as an operator meets it.
        for (int run = 0; run <= context.Amount.Runs; run++)
        {
            Ask(driver, RequestKind.Apply, package, UpdateState.Finished);
            applied.Add(driver.Find(Update)!.ApplyPause);
            Ask(driver, RequestKind.Undo, default, UpdateState.RolledBack);
            undone.Add(driver.Find(Update)!.RollBackPause);
        }

        context.Add(Measurement.Of("apply-pause-first", Unit.Microseconds, [applied[0].TotalMicroseconds]));
        applied.RemoveAt(0);
        undone.RemoveAt(0);
        Add(context, "apply-pause", applied, p => p.TotalMicroseconds);
        Add(context, "apply-pause-verify", applied, p => p.VerifyMicroseconds);
        Add(context, "apply-pause-walk", applied, p => p.PlanMicroseconds);
        Add(context, "apply-pause-write", applied, p => p.WriteMicroseconds);
        Add(context, "apply-pause-invalidate", applied, p => p.InvalidateMicroseconds);
        Add(context, "undo-pause", undone, p => p.TotalMicroseconds);
    }

    private static void Add(BenchContext context, string name, List<PauseTiming> pauses, Func<PauseTiming, double> part) =>
        context.Add(Measurement.Of(name, Unit.Microseconds, [.. pauses.Select(part)]));

    private static void Ask(UpdateDriver driver, RequestKind kind, ReadOnlyMemory<byte> package, UpdateState state)
    {
        RequestAnswer answer = driver.AskAsOperator(kind, Update, package, Budget);
        if (answer.Refusal != Refusal.None)
        {
            throw new InvalidOperationException($"{kind} of {Update} was refused: {answer.Refusal} {answer.Detail}");
        }

        driver.AwaitState(Update, state, Budget);
    }
}
