using System.Text.Json.Serialization;

namespace Lucos.Bench.Reports;

/// <summary>What could not be measured here.</summary>
/// <param name="Name">What would have been measured.</param>
/// <param name="Reason">Why it was not.</param>
public sealed record Skipped([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("reason")] string Reason);
