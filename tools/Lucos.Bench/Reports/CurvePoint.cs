namespace Lucos.Bench.Reports;

/// <summary>What was measured at one size.</summary>
/// <param name="Size">The size.</param>
/// <param name="Values">Microseconds by name of the line that they belong to.</param>
public sealed record CurvePoint(int Size, IReadOnlyDictionary<string, double> Values);
