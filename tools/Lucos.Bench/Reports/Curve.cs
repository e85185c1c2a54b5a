namespace Lucos.Bench.Reports;

/// <summary>Times as something becomes more.</summary>
/// <param name="Over">What becomes more.</param>
/// <param name="Points">In order of size.</param>
public sealed record Curve(string Over, IReadOnlyList<CurvePoint> Points);
