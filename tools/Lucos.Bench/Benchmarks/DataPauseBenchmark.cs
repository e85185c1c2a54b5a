using System.Globalization;
using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Elf;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// The guest's longest pause when an update begins that changes data: over instances, over threads that stand in the old code, over
/// replaced functions. The whole is processor time, which a busy host does not lengthen; the parts are wall time. Each measurement is the update's first in its guest, as an operator meets it, in a process that has done it before.
/// </summary>
public sealed class DataPauseBenchmark : IBenchmark
{
    private const int MemoryMiB = 512;
    private const int UsualInstances = 100;
    private const int UsualThreads = 100;
    private const int UsualFunctions = 1;

    private static readonly int[] s_instances = [10, 100, 1_000, 10_000, 100_000];
    private static readonly int[] s_threads = [10, 100, 1_000, 10_000];
    private static readonly int[] s_functions = [1, 10, 100, 500];

    /// <inheritdoc/>
    public string Name => "data-pause";

    /// <inheritdoc/>
    public string Group => "data";

    /// <inheritdoc/>
    public string About => "the guest's pause when a data update begins, over instances, threads and functions";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        KernelImage kernel = KernelImage.Load(context.Files.Kernel, null);
        using UpdatableMachine booted = UpdatableMachine.Boot(context.Files, MemoryMiB, new Dictionary<string, byte[]>());
        WarmUp(booted, kernel);
        int[] Sizes(int[] all) => context.Amount.Scale ? all : all[..1];
        List<Curve> curves =
        [
            Curve("instances", Sizes(s_instances), n => Measure(context, booted, kernel, $"{n}-instances", n, UsualThreads, UsualFunctions)),
            Curve("threads", Sizes(s_threads), n => Measure(context, booted, kernel, $"{n}-threads", UsualInstances, n, UsualFunctions)),
            Curve("functions", Sizes(s_functions), n => Measure(context, booted, kernel, $"{n}-functions", UsualInstances, UsualThreads, n)),
        ];
        if (context.Picture is { } picture)
        {
            File.WriteAllText(picture.FullName, CurvePicture.Draw(curves));
        }
    }

    private static Curve Curve(string over, int[] sizes, Func<int, IReadOnlyDictionary<string, double>> measure) =>
        new(over, [.. sizes.Select(n => new CurvePoint(n, measure(n)))]);

    // Until the runtime has compiled the path for good: with few instances the first time would be told, not the usual one.
    private static void WarmUp(UpdatableMachine booted, KernelImage kernel)
    {
        using UpdatableMachine machine = Prepared(booted, UsualInstances, UsualThreads);
        byte[] package = DataUpdate.Make(kernel, Interception.Step);
        for (int i = 0; i < 3; i++)
        {
            PauseProbe.Measure(machine, package);
        }
    }

    private static UpdatableMachine Prepared(UpdatableMachine booted, int instances, int threads)
    {
        UpdatableMachine machine = booted.Fork();
        machine.Do($"record-make {instances}");
        machine.Do($"waiters-start {threads}");
        return machine;
    }

    private Dictionary<string, double> Measure(
        BenchContext context, UpdatableMachine booted, KernelImage kernel, string what, int instances, int threads, int functions)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Name}-{what}");
        context.Progress(name);
        using UpdatableMachine machine = Prepared(booted, instances, threads);
        byte[] package = DataUpdate.Make(kernel, Interception.Step, functions: functions);
        PauseSample[] samples = [.. Enumerable.Range(0, context.Amount.Runs).Select(_ => PauseProbe.Measure(machine, package))];
        Dictionary<string, double> smallest = [];
        foreach ((string part, Func<PauseSample, double> value) in Parts())
        {
            Measurement measurement = Measurement.Of(part.Length == 0 ? name : $"{name}-{part}", Unit.Microseconds, [.. samples.Select(value)]);
            context.Add(measurement);
            smallest.Add(part.Length == 0 ? "whole, host" : part, measurement.Min);
        }

        return smallest;
    }

    private static (string Part, Func<PauseSample, double> Value)[] Parts() =>
    [
        ("", s => s.Host.ProcessorMicroseconds),
        ("verify", s => s.Host.VerifyMicroseconds),
        ("plan", s => s.Host.PlanMicroseconds),
        ("transfer", s => s.Host.TransferMicroseconds),
        ("protect", s => s.Host.ProtectMicroseconds),
        ("write", s => s.Host.WriteMicroseconds + s.Host.InvalidateMicroseconds),
        ("guest", s => s.GuestMicroseconds),
    ];
}
