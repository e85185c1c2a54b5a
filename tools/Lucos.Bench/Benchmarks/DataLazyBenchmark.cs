using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Elf;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// Lazy state transfer: a store of old code, whose transfer is put off; a store with a load of the other version behind it, which has it made;
/// and code that has nothing to do with the data, whose loads and stores are slower as long as loads are monitored. The same is measured where each
/// write is transferred at once, and before the update.
/// </summary>
public sealed class DataLazyBenchmark : IBenchmark
{
    private const string Unmonitored = "unmonitored";
    private const string EachWrite = "each-write.lup";
    private const string Lazy = "lazy.lup";
    private const int Records = 1000;
    private const ulong First = 1000;

    private static readonly string[] s_unrelated = ["integer", "memory", "syscalls"];

    /// <inheritdoc/>
    public string Name => "data-lazy";

    /// <inheritdoc/>
    public string Group => "data";

    /// <inheritdoc/>
    public string About => "stores whose transfer of 64 bytes is put off, and what monitored loads cost all other code";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        KernelImage kernel = KernelImage.Load(context.Files.Kernel, null);
        Dictionary<string, byte[]> packages = new()
        {
            [EachWrite] = DataUpdate.Make(kernel, Interception.Service),
            [Lazy] = DataUpdate.Make(kernel, Interception.Service, transfer: TransferPoint.Lazy),
        };
        using UpdatableMachine before = UpdatableMachine.Boot(context.Files, 64, packages);
        before.Do($"record-make {Records}");
        before.Do("waiters-start 1");
        using UpdatableMachine eachWrite = Applied(before, EachWrite);
        using UpdatableMachine lazy = Applied(before, Lazy);
        Measure(context, "store", "record-stores", before, eachWrite, lazy);
        Measure(context, "store-load", "record-carries", before, eachWrite, lazy);
        foreach (string unrelated in s_unrelated)
        {
            Measure(context, unrelated, unrelated, before, eachWrite, lazy);
        }
    }

    private void Measure(BenchContext context, string what, string work, params UpdatableMachine[] machines)
    {
        context.Progress($"{Name}: {what}");
        double[][] times = Interleaved.NanosecondsEach([.. machines.Select(machine => new Subject(machine.Name, n => machine.Time($"{work} {n}")))], context.Amount, First);
        context.Add(Measurement.Of($"{Name}-{what}-each-write", Unit.NanosecondsEach, times[1], Unmonitored, times[0]));
        context.Add(Measurement.Of($"{Name}-{what}", Unit.NanosecondsEach, times[2], Unmonitored, times[0]));
    }

    private static UpdatableMachine Applied(UpdatableMachine before, string package)
    {
        UpdatableMachine machine = before.Fork();
        UpdateState state = machine.Apply(package, DataUpdate.Name).State;
        return state == UpdateState.Draining
            ? machine
            : throw new InvalidOperationException($"{package} is {state}: nobody stands in the old code");
    }
}
