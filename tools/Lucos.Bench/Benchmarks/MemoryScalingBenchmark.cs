using System.Diagnostics;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// Guests of 32 MiB to 2 GiB: what booting takes, and how much of the host's memory the guest holds at its prompt. For us that is what
/// this process grew by, for QEMU its whole process.
/// </summary>
public sealed class MemoryScalingBenchmark : IBenchmark
{
    private static readonly int[] s_sizes = [32, 64, 128, 256, 512, 1024, 2048];

    /// <inheritdoc/>
    public string Name => "ram";

    /// <inheritdoc/>
    public string Group => "scaling";

    /// <inheritdoc/>
    public string About => "32 MiB to 2 GiB of RAM: boot time and the host's memory";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        foreach (int size in context.Amount.Scale ? s_sizes : s_sizes[..1])
        {
            context.Progress($"{Name}: {size} MiB");
            Measure(context, new MachineSettings(MemoryMiB: size));
        }
    }

    private void Measure(BenchContext context, MachineSettings settings)
    {
        (double Boot, double Resident)[][] both = new (double, double)[context.UsesQemu ? 2 : 1][];
        for (int i = 0; i < both.Length; i++)
        {
            both[i] = new (double, double)[context.Amount.Runs];
        }

        for (int run = 0; run < context.Amount.Runs; run++)
        {
            both[0][run] = OnLucos(context, settings);
            if (context.UsesQemu)
            {
                both[1][run] = OnQemu(context, settings);
            }
        }

        Report(context, $"{Name}-{settings.MemoryMiB}-boot", Unit.Milliseconds, [.. both.Select(s => s.Select(v => v.Boot).ToArray())]);
        Report(context, $"{Name}-{settings.MemoryMiB}-resident", Unit.MiB, [.. both.Select(s => s.Select(v => v.Resident).ToArray())]);
    }

    private static void Report(BenchContext context, string name, Unit unit, double[][] values) =>
        context.Add(values.Length == 2 ? Measurement.Of(name, unit, values[0], "qemu", values[1]) : Measurement.Of(name, unit, values[0]));

    private static (double Boot, double Resident) OnLucos(BenchContext context, MachineSettings settings)
    {
        // What earlier machines left behind must not be given back while this one is measured.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        double before = ProcessFacts.ResidentMiB(Environment.ProcessId);
        long start = Stopwatch.GetTimestamp();
        using var machine = new LucosMachine(context.Files, settings);
        machine.AwaitPrompt();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, ProcessFacts.ResidentMiB(Environment.ProcessId) - before);
    }

    private static (double Boot, double Resident) OnQemu(BenchContext context, MachineSettings settings)
    {
        long start = Stopwatch.GetTimestamp();
        using var machine = new QemuMachine(context.Files, settings, singleThreaded: false);
        machine.AwaitPrompt();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, machine.ResidentMiB);
    }
}
