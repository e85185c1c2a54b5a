using Lucos.Bench.Machines;
using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>10 to 10,000 kernel threads: making and ending one, and one switch, while there are so many.</summary>
public sealed class ThreadScalingBenchmark : IBenchmark
{
    private static readonly int[] s_counts = [10, 100, 1_000, 10_000];

    /// <inheritdoc/>
    public string Name => "threads";

    /// <inheritdoc/>
    public string Group => "scaling";

    /// <inheritdoc/>
    public string About => "10 to 10,000 kernel threads: making and ending one, and one switch";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        // 10,000 stacks of 16 KiB take 160 MiB.
        var settings = new MachineSettings(MemoryMiB: 512);
        using var lucos = new LucosMachine(context.Files, settings);
        using QemuMachine? qemu = context.UsesQemu ? new QemuMachine(context.Files, settings, singleThreaded: false) : null;
        BenchMachine[] machines = qemu is null ? [lucos] : [lucos, qemu];
        foreach (BenchMachine machine in machines)
        {
            machine.AwaitPrompt();
            machine.LoadModule();
        }

        foreach (int count in context.Amount.Scale ? s_counts : s_counts[..1])
        {
            context.Progress($"{Name}: {count}");
            Measure(context, machines, "threads", $"{Name}-{count}-make", count);
            Measure(context, machines, "thread-switches", $"{Name}-{count}-switch", count);
        }
    }

    private static void Measure(BenchContext context, BenchMachine[] machines, string argument, string name, int count)
    {
        double[][] rounds = Interleaved.NanosecondsEach(
            [.. machines.Select(m => new Subject(m.Name, n => m.Time($"{argument} {n} {count}")))], context.Amount);
        double[][] values = [.. rounds.Select(r => r.Select(ns => ns / count).ToArray())];
        context.Add(machines.Length == 2
            ? Measurement.Of(name, Unit.NanosecondsEach, values[0], machines[1].Name, values[1])
            : Measurement.Of(name, Unit.NanosecondsEach, values[0]));
    }
}
