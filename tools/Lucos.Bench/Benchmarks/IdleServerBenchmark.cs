using Lucos.Bench.Machines;
using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// What live updates cost while none is asked for: the same work in a guest whose Update Manager has registered with an Update Server,
/// and in one without. The ratio should be at least 0.99; the difference is so small that it takes many pairs.
/// </summary>
public sealed class IdleServerBenchmark(string workload) : IBenchmark
{
    private const int PairsPerRun = 6;
    private const string Reference = "no-update-server";

    /// <inheritdoc/>
    public string Name => $"idle-server-{workload}";

    /// <inheritdoc/>
    public string Group => "idle-server";

    /// <inheritdoc/>
    public string About => $"{workload} with the Update Server attached and idle, against without one";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        double[][] values = Layouts.Measure(
            context.Amount with { Runs = context.Amount.Runs * PairsPerRun }, (memoryMiB, amount) => Measure(context, memoryMiB, amount));
        context.Add(Measurement.Of(Name, Unit.NanosecondsEach, values[0], Reference, values[1]));
    }

    private double[][] Measure(BenchContext context, int memoryMiB, BenchAmount amount)
    {
        using var with = new LucosMachine(context.Files, new MachineSettings(memoryMiB, UpdateServer: true));
        using var without = new LucosMachine(context.Files, new MachineSettings(memoryMiB, UpdateServer: false));
        with.AwaitPrompt();
        without.AwaitPrompt();
        Subject[] subjects = [new("with", n => with.Time($"{workload} {n}")), new(Reference, n => without.Time($"{workload} {n}"))];
        return Interleaved.NanosecondsEach(subjects, amount);
    }
}
