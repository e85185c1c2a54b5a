using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Elf;
using Lucos.Vmm.Memory;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// A store of old code to data that lives in two versions, with a transfer of 64 bytes, for each way of interception, against the same
/// store before the update. The parts are measured each by itself: leaving the guest for a listener that does nothing, finding out which version was
/// hit (a store to what both versions share), the transfer, and the coherence ledger with its checks.
/// </summary>
public sealed class DataStoreBenchmark : IBenchmark
{
    private const string Unmonitored = "unmonitored";
    private const int Records = 1000;
    private const int SharedHead = 56;
    private const ulong PageSize = 4096;
    private const ulong FirstStores = 1000;

    private static readonly Interception[] s_methods = [Interception.Step, Interception.Emulate, Interception.Service];

    /// <inheritdoc/>
    public string Name => "data-store";

    /// <inheritdoc/>
    public string Group => "data";

    /// <inheritdoc/>
    public string About => "one intercepted store with a transfer of 64 bytes, and its parts";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        KernelImage kernel = KernelImage.Load(context.Files.Kernel, null);
        Dictionary<string, byte[]> packages = [];
        foreach (Interception method in s_methods)
        {
            packages.Add(PackageOf(method), DataUpdate.Make(kernel, method));
            packages.Add(PackageOf(method, shared: true), DataUpdate.Make(kernel, method, SharedHead));
        }

        using UpdatableMachine before = UpdatableMachine.Boot(context.Files, 64, packages);
        before.Do($"record-make {Records}");
        before.Do("waiters-start 1");
        foreach (Interception method in s_methods)
        {
            context.Progress($"{Name}: {method}");
            Measure(context, before, method);
        }
    }

    private void Measure(BenchContext context, UpdatableMachine before, Interception method)
    {
        using UpdatableMachine whole = Applied(before, PackageOf(method));
        using UpdatableMachine ledger = Applied(before, PackageOf(method), withLedger: true);
        using UpdatableMachine shared = Applied(before, PackageOf(method, shared: true));
        using UpdatableMachine exit = before.Fork();
        Listen(exit, whole, method);

        double[][] times = Interleaved.NanosecondsEach([Stores(before), Stores(exit), Stores(shared), Stores(whole), Stores(ledger)], context.Amount, FirstStores);
        string name = $"{Name}-{Id(method)}";
        Add(context, name, times[3], times[0]);
        Add(context, $"{name}-exit", Difference(times[1], times[0]));

        // One store in eight hits what is not shared, and is transferred.
        double[] lookups = [.. times[2].Zip(times[3], (some, all) => ((8 * some) - all) / 7)];
        Add(context, $"{name}-lookup", Difference(lookups, times[1]));
        Add(context, $"{name}-transfer", Difference(times[3], lookups));
        Add(context, $"{name}-ledger", Difference(times[4], times[3]));
    }

    private static void Add(BenchContext context, string name, double[] values, double[]? reference = null) => context.Add(reference is null
        ? Measurement.Of(name, Unit.NanosecondsEach, values)
        : Measurement.Of(name, Unit.NanosecondsEach, values, Unmonitored, reference));

    private static double[] Difference(double[] more, double[] less) => [.. more.Zip(less, (a, b) => a - b)];

    private static Subject Stores(UpdatableMachine machine) => new(machine.Name, n => machine.Time($"record-stores {n}"));

    private static UpdatableMachine Applied(UpdatableMachine before, string package, bool withLedger = false)
    {
        UpdatableMachine machine = before.Fork();
        UpdateState state = machine.Apply(package, DataUpdate.Name, withLedger).State;
        return state == UpdateState.Draining
            ? machine
            : throw new InvalidOperationException($"{package} is {state}: nobody stands in the old code");
    }

    // The same pages as in a guest that has the update: both are forks of one guest.
    private static void Listen(UpdatableMachine machine, UpdatableMachine updated, Interception method)
    {
        WriteProtection guards = updated.Guest.Machine.Protection;
        ulong bytes = updated.Guest.Machine.Memory.Size;
        List<GuestPhysicalAddress> pages = [];
        for (ulong page = 0; page < bytes; page += PageSize)
        {
            if (guards.IsProtected(new GuestPhysicalAddress(page)))
            {
                pages.Add(new GuestPhysicalAddress(page));
            }
        }

        var listener = new SilentListener(method == Interception.Service ? StoreReaction.Continue : StoreReaction.Boundary);
        machine.Guest.Machine.Protection.Protect([.. pages], listener, method == Interception.Step ? StoreMethod.Step : StoreMethod.Emulate);
    }

    private static string PackageOf(Interception method, bool shared = false) => $"{Id(method)}{(shared ? "-shared" : "")}.lup";

    private static string Id(Interception method) => method.ToString().ToLowerInvariant();
}
