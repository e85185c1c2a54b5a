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
    private static readonly int[] s_pages = [0, 8, 64];

    /// <inheritdoc/>
    public string Name => "limits";

    /// <inheritdoc/>
    public string Group => "limits";

    /// <inheritdoc/>
    public string About => "the emulator library alone: block hook, stop checks behind memory accesses, CR3 reloads";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        using var meter = new ExecutionMeter();
        Compare(context, "limits-block-hook", "integer", engine => engine.CountBlocks(meter));
        Compare(context, "limits-empty-block-hook", "integer", engine => engine.CallAtBlocks(meter));
        Compare(context, "limits-no-stop-checks", "memory", engine => engine.SkipExitChecks());
        Compare(
            context,
            "limits-empty-block-hook-memory",
            "memory",
            engine =>
            {
                engine.SkipExitChecks();
                engine.CallAtBlocks(meter);
            },
            engine => engine.SkipExitChecks());
        foreach (int pages in s_pages)
        {
            using var loop = new AddressSpaceLoop(pages);
            double[][] values = Interleaved.NanosecondsEach([new Subject("unicorn", loop.Time)], context.Amount);
            context.Add(Measurement.Of($"limits-cr3-{pages}-pages", Unit.NanosecondsEach, values[0]));
        }
    }

    private static void Compare(
        BenchContext context, string name, string function, Action<BareEngine> change, Action<BareEngine>? changeReference = null)
    {
        using BareProgram plain = BareProgram.Load(context.Files, function);
        using BareProgram changed = BareProgram.Load(context.Files, function);
        change(changed.Engine);
        changeReference?.Invoke(plain.Engine);
        double[][] values = Interleaved.NanosecondsEach([new Subject(name, changed.Time), new Subject("unicorn", plain.Time)], context.Amount);
        context.Add(Measurement.Of(name, Unit.NanosecondsEach, values[0], "unicorn", values[1]));
    }
}
