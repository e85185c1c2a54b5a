using System.Text.Json.Serialization;

namespace Lucos.Bench.Reports;

/// <summary>One line of the result.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Lucos">The median on this monitor.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Reference">The median of what it is compared with, in the same unit and the same run; null where there is nothing.</param>
/// <param name="Ratio">
/// How good Lucos is against the reference, bigger is better: for a rate Lucos through reference, for a time or an amount of memory
/// reference through Lucos. The median of the ratios of neighbouring runs, which share the host's mood; null without a reference.
/// </param>
/// <param name="Runs">How often it was measured.</param>
/// <param name="Min">Smallest value.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Max">Largest value.</param>
/// <param name="Against">The reference's name.</param>
/// <param name="RatioMin">Smallest ratio of neighbouring runs.</param>
/// <param name="RatioMax">Largest ratio of neighbouring runs.</param>
public sealed record Measurement(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("lucos")] double Lucos,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("reference")] double? Reference,
    [property: JsonPropertyName("ratio")] double? Ratio,
    [property: JsonPropertyName("runs")] int Runs,
    [property: JsonPropertyName("min")] double Min,
    [property: JsonPropertyName("median")] double Median,
    [property: JsonPropertyName("max")] double Max,
    [property: JsonPropertyName("against")] string? Against,
    [property: JsonPropertyName("ratioMin")] double? RatioMin,
    [property: JsonPropertyName("ratioMax")] double? RatioMax)
{
    /// <summary>Makes a line.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="unit">Unit of all samples.</param>
    /// <param name="samples">At least one.</param>
    public static Measurement Of(string name, Unit unit, IReadOnlyList<double> samples)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(samples);
        double median = MedianOf(samples);
        return new Measurement(name, median, unit.Name, null, null, samples.Count, samples.Min(), median, samples.Max(), null, null, null);
    }

    /// <summary>Makes a line with a comparison.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="unit">Unit of all samples.</param>
    /// <param name="samples">At least one.</param>
    /// <param name="against">The reference's name.</param>
    /// <param name="reference">The reference's samples, taken in turn with the others.</param>
    public static Measurement Of(string name, Unit unit, IReadOnlyList<double> samples, string against, IReadOnlyList<double> reference)
    {
        Measurement alone = Of(name, unit, samples);
        double[] ratios = [.. samples.Zip(reference, unit.Ratio)];
        return alone with
        {
            Reference = MedianOf(reference),
            Ratio = MedianOf(ratios),
            Against = against,
            RatioMin = ratios.Min(),
            RatioMax = ratios.Max(),
        };
    }

    private static double MedianOf(IReadOnlyList<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
