using System.Text.Json.Serialization;

namespace Lucos.Bench;

/// <summary>One line of the result.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Lucos">The median on this monitor.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Reference">The median of what it is compared with, in the same unit and the same run; null where there is nothing.</param>
/// <param name="Ratio">Lucos to reference: the median of the ratios of neighbouring runs, which share the host's mood; null without one.</param>
/// <param name="Runs">How often it was measured.</param>
/// <param name="Min">Smallest value.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Max">Largest value.</param>
public sealed record Measurement(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("lucos")] double Lucos,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("reference")] double? Reference,
    [property: JsonPropertyName("ratio")] double? Ratio,
    [property: JsonPropertyName("runs")] int Runs,
    [property: JsonPropertyName("min")] double Min,
    [property: JsonPropertyName("median")] double Median,
    [property: JsonPropertyName("max")] double Max)
{
    /// <summary>Makes a line from samples.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="unit">Unit of all samples.</param>
    /// <param name="samples">At least one.</param>
    /// <param name="reference">Samples of the reference, taken in turn with the others; null for none.</param>
    public static Measurement Of(string name, string unit, IReadOnlyList<double> samples, IReadOnlyList<double>? reference = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        double median = MedianOf(samples);
        double? other = reference is null ? null : MedianOf(reference);
        return new Measurement(name, median, unit, other, reference is null ? null : MedianOf([.. samples.Zip(reference, (mine, its) => mine / its)]), samples.Count, samples.Min(), median, samples.Max());
    }

    private static double MedianOf(IReadOnlyList<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
