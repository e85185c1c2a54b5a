namespace Lucos.Bench.Benchmarks;

/// <summary>
/// Guests that differ in nothing but where their pages lie. The emulator finds cached addresses by the low bits of a page's number, and where two
/// pages that are used in turn fall together, the same work takes up to 7 % longer. So a difference of a hundredth between two guests says nothing
/// before it was measured over several layouts (T. Mytkowicz et al., "Producing Wrong Data Without Doing Anything Obviously Wrong!", ASPLOS 2009).
/// The kernel's pages move with the size of RAM.
/// </summary>
public static class Layouts
{
    private const int RunsEach = 2;

    /// <summary>Sizes of RAM, in MiB.</summary>
    public static IReadOnlyList<int> MemoryMiB { get; } = [64, 65, 67, 70, 73, 80, 96, 101];

    /// <summary>Measures in each layout, and gives the values of all of them.</summary>
    /// <param name="amount">How much altogether; each layout has two runs at least.</param>
    /// <param name="measure">Measures subjects in the guest with this many MiB: values of each subject.</param>
    /// <returns>Values of each subject, the first layout's first.</returns>
    public static double[][] Measure(BenchAmount amount, Func<int, BenchAmount, double[][]> measure)
    {
        ArgumentNullException.ThrowIfNull(amount);
        ArgumentNullException.ThrowIfNull(measure);
        BenchAmount each = amount with { Runs = Math.Max(RunsEach, amount.Runs * RunsEach / MemoryMiB.Count) };
        double[][][] all = [.. MemoryMiB.Select(mib => measure(mib, each))];
        return [.. Enumerable.Range(0, all[0].Length).Select(subject => (double[])[.. all.SelectMany(values => values[subject])])];
    }
}
