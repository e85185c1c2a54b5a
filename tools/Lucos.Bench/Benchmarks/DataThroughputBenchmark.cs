using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Elf;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// What a guest does in a time before a data update, while it drains, and when it is finished: a fork of it, and the very guest that drained.
/// The guests are forks of one and take turns. With <c>bench-data</c> the work itself is the same code before and after, so what differs is the
/// monitor's; the others change the code on the way.
/// </summary>
public sealed class DataThroughputBenchmark : IBenchmark
{
    private const string Before = "before";
    private const string PackageSuffix = ".lup";
    private const string Own = "bench-data-emulate" + PackageSuffix;

    private static readonly (string Update, string Package, string Work)[] s_cases =
    [
        (DataUpdate.Name, Own, "pipe"),
        (DataUpdate.Name, Own, "file-calls"),
        ("counters-64", "counters-64" + PackageSuffix, "file-calls"),
        ("file-rate", "file-rate" + PackageSuffix, "file-calls"),
        ("pipe-ring", "pipe-ring" + PackageSuffix, "pipe"),
    ];

    /// <inheritdoc/>
    public string Name => "data-throughput";

    /// <inheritdoc/>
    public string Group => "data";

    /// <inheritdoc/>
    public string About => "a guest's work before a data update, while it drains, and after it";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        byte[] own = DataUpdate.Make(KernelImage.Load(context.Files.Kernel, null), Interception.Emulate);
        foreach ((string update, string package, string work) in context.Amount.Scale ? s_cases : s_cases[..1])
        {
            context.Progress($"{Name}: {update}, {work}");
            double[][] times = Layouts.Measure(context.Amount, (memoryMiB, amount) => Times(context, memoryMiB, own, (update, package, work), amount));
            string name = $"{Name}-{update}-{work}";
            context.Add(Measurement.Of($"{name}-during", Unit.NanosecondsEach, times[1], Before, times[0]));
            context.Add(Measurement.Of($"{name}-after", Unit.NanosecondsEach, times[2], Before, times[0]));
            context.Add(Measurement.Of($"{name}-after-there", Unit.NanosecondsEach, times[3], Before, times[0]));
        }
    }

    private static double[][] Times(BenchContext context, int memoryMiB, byte[] own, (string Update, string Package, string Work) what, BenchAmount amount)
    {
        using UpdatableMachine booted = UpdatableMachine.Boot(context.Files, memoryMiB, new Dictionary<string, byte[]> { [Own] = own });
        booted.Do("record-make 1000");
        using UpdatableMachine during = booted.Fork();
        using UpdatableMachine updated = booted.Fork();
        during.Do("waiters-start 1");
        during.Do("read-forever");
        UpdateState state = during.Apply(what.Package, what.Update).State;
        if (state != UpdateState.Draining)
        {
            throw new InvalidOperationException($"{what.Update} is {state}: nobody stands in the old code");
        }

        updated.Do("waiters-start 1");
        updated.Run("sleep 1 | cat &");
        updated.Apply(what.Package, what.Update);
        updated.Do("waiters-stop");
        updated.AwaitFinished(what.Update);

        // Fresh forks have translated nothing yet. Code that the work itself has translated lies together, and runs 3 % faster than behind a history.
        using UpdatableMachine before = booted.Fork();
        using UpdatableMachine after = updated.Fork();
        return Interleaved.NanosecondsEach([Work(before, what.Work), Work(during, what.Work), Work(after, what.Work), Work(updated, what.Work)], amount);
    }

    private static Subject Work(UpdatableMachine machine, string work) => new(machine.Name, n => machine.Time($"{work} {n}"));
}
