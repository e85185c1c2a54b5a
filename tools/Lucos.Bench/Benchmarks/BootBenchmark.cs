using System.Diagnostics;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// From nothing to the shell's prompt in wall time: for us the machine is made, the files read, the kernel booted and the Update
/// Manager loaded; for QEMU the process is started, and the Update Manager finds no server. The first boot of a process, which
/// compiles the monitor's code, is told by itself.
/// </summary>
public sealed class BootBenchmark : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "boot";

    /// <inheritdoc/>
    public string Group => "boot";

    /// <inheritdoc/>
    public string About => "boot to the shell's prompt";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        double first = OnLucos(context);
        context.Add(Measurement.Of("boot-first", Unit.Milliseconds, [first]));
        double[][] values = Interleaved.Values(context.UsesQemu ? 2 : 1, context.Amount.Runs, who => who == 0 ? OnLucos(context) : OnQemu(context));
        context.Add(context.UsesQemu
            ? Measurement.Of(Name, Unit.Milliseconds, values[0], "qemu", values[1])
            : Measurement.Of(Name, Unit.Milliseconds, values[0]));
    }

    private static double OnLucos(BenchContext context) => Milliseconds(() => new LucosMachine(context.Files, new MachineSettings()));

    private static double OnQemu(BenchContext context) =>
        Milliseconds(() => new QemuMachine(context.Files, new MachineSettings(), singleThreaded: false));

    private static double Milliseconds(Func<BenchMachine> make)
    {
        long start = Stopwatch.GetTimestamp();
        using BenchMachine machine = make();
        machine.AwaitPrompt();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
