using Lucos.Bench.Machines;
using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// What the two marker lines cost when there is no work between them: the error of every other measurement in a guest. It is small
/// against a sample if it is under a hundredth of it.
/// </summary>
public sealed class MarkerBenchmark : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "markers";

    /// <inheritdoc/>
    public string Group => "calibration";

    /// <inheritdoc/>
    public string About => "what the console adds to each measurement in a guest";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        IReadOnlyList<BenchMachine> machines = context.Pool.Machines;
        double[][] values = Interleaved.Values(machines.Count, context.Amount.Runs, who => machines[who].Time("nothing").TotalMicroseconds);
        foreach ((BenchMachine machine, double[] samples) in machines.Zip(values))
        {
            context.Add(Measurement.Of(machine is LucosMachine ? Name : $"{Name}/{machine.Name}", Unit.Microseconds, samples));
        }
    }
}
