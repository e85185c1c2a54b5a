using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Vmm.Boot;

namespace Lucos.Bench.Benchmarks;

/// <summary>As many processes as processors, all computing: time per iteration of the loop, over all of them.</summary>
public sealed class CpuScalingBenchmark : IBenchmark
{
    private static readonly int[] s_counts = [1, 2, 4, 8];

    /// <inheritdoc/>
    public string Name => "cpus";

    /// <inheritdoc/>
    public string Group => "scaling";

    /// <inheritdoc/>
    public string About => "1 to 8 processors, each with a process that computes";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        foreach (int count in context.Amount.Scale ? s_counts : s_counts[..2])
        {
            context.Progress($"{Name}: {count}");
            try
            {
                Measure(context, count);
            }
            catch (BootException e)
            {
                context.Skip($"{Name}-{count}", e.Message);
            }
        }
    }

    private void Measure(BenchContext context, int count)
    {
        var settings = new MachineSettings(Cpus: count);
        using var lucos = new LucosMachine(context.Files, settings);
        using QemuMachine? qemu = context.UsesQemu ? new QemuMachine(context.Files, settings, singleThreaded: true) : null;
        BenchMachine[] machines = qemu is null ? [lucos] : [lucos, qemu];
        foreach (BenchMachine machine in machines)
        {
            machine.AwaitPrompt();
        }

        double[][] values = Interleaved.NanosecondsEach(
            [.. machines.Select(m => new Subject(m.Name, n => m.Time($"parallel {n} {count}")))], context.Amount, first: 1_000_000);
        context.Add(qemu is null
            ? Measurement.Of($"{Name}-{count}", Unit.NanosecondsEach, values[0])
            : Measurement.Of($"{Name}-{count}", Unit.NanosecondsEach, values[0], qemu.Name, values[1]));
    }
}
