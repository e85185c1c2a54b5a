using Lucos.Bench.Bare;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Unicorn;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// What the emulator library costs by itself, on a bare engine: nothing of our monitor or of the guest's kernel takes part. Against
/// each stands the library as it comes.
/// </summary>
public sealed class LimitsBenchmark : IBenchmark
{
    private static readonly string[] s_functions = ["integer", "memory"];
    private static readonly int[] s_pages = [0, 8, 64];

    /// <inheritdoc/>
    public string Name => "limits";

    /// <inheritdoc/>
    public string Group => "limits";

    /// <inheritdoc/>
    public string About => "the emulator library alone: counting blocks, stop checks, CR3 reloads";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        foreach (string function in s_functions)
        {
            Compare(context, $"limits-{function}-hook", function, (engine, meter) => engine.CountBlocks(meter, inline: false));
            Compare(context, $"limits-{function}-inline", function, (engine, meter) => engine.CountBlocks(meter, inline: true));
            Compare(context, $"limits-{function}-no-heads", function, (engine, meter) => engine.LeaveHeadsOut(meter));
            Compare(context, $"limits-{function}-no-stop-checks", function, (engine, _) => engine.SkipExitChecks());
        }

        foreach (int pages in s_pages)
        {
            using var loop = new AddressSpaceLoop(pages);
            double[][] values = Interleaved.NanosecondsEach([new Subject("unicorn", loop.Time)], context.Amount);
            context.Add(Measurement.Of($"limits-cr3-{pages}-pages", Unit.NanosecondsEach, values[0]));
        }
    }

    private static void Compare(BenchContext context, string name, string function, Func<BareEngine, ExecutionMeter, bool> change)
    {
        using var meter = new ExecutionMeter();
        using BareProgram plain = BareProgram.Load(context.Files, function);
        using BareProgram changed = BareProgram.Load(context.Files, function);
        if (!change(changed.Engine, meter))
        {
            context.Skip(name, "not possible with this library");
            return;
        }

        double[][] values = Interleaved.NanosecondsEach([new Subject(name, changed.Time), new Subject("unicorn", plain.Time)], context.Amount);
        context.Add(Measurement.Of(name, Unit.NanosecondsEach, values[0], "unicorn", values[1]));
    }
}
