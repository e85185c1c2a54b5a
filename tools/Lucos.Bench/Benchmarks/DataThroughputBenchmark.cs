using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Elf;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// What a guest does in a time before a data update, while it drains, and when it is finished. The guests are forks of one and take turns. With
/// <c>bench-data</c> the work itself is the same code before and after, so what differs is the monitor's; the others change the code on the way.
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
        using UpdatableMachine before = UpdatableMachine.Boot(context.Files, 64, new Dictionary<string, byte[]> { [Own] = own });
        before.Do("record-make 1000");
        foreach ((string update, string package, string work) in context.Amount.Scale ? s_cases : s_cases[..1])
        {
            context.Progress($"{Name}: {update}, {work}");
            Measure(context, before, update, package, work);
        }
    }

    private void Measure(BenchContext context, UpdatableMachine before, string update, string package, string work)
    {
        using UpdatableMachine fork = before.Fork();
        using UpdatableMachine during = before.Fork();
        using UpdatableMachine after = before.Fork();
        during.Do("waiters-start 1");
        during.Do("read-forever");
        UpdateState state = during.Apply(package, update).State;
        if (state != UpdateState.Draining)
        {
            throw new InvalidOperationException($"{update} is {state}: nobody stands in the old code");
        }

        after.Apply(package, update);
        after.AwaitFinished(update);
        double[][] times = Interleaved.NanosecondsEach([Work(fork, work), Work(during, work), Work(after, work)], context.Amount);
        string name = $"{Name}-{update}-{work}";
        context.Add(Measurement.Of($"{name}-during", Unit.NanosecondsEach, times[1], Before, times[0]));
        context.Add(Measurement.Of($"{name}-after", Unit.NanosecondsEach, times[2], Before, times[0]));
    }

    private static Subject Work(UpdatableMachine machine, string work) => new(machine.Name, n => machine.Time($"{work} {n}"));
}
