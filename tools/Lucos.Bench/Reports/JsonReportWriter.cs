using System.Text.Json;

namespace Lucos.Bench.Reports;

/// <summary>One object: <c>{"version":1,"results":[...],"skipped":[...],"host":{...}}</c>.</summary>
public sealed class JsonReportWriter(TextWriter output, HostFacts host) : IReportWriter
{
    private readonly List<Measurement> _results = [];
    private readonly List<Skipped> _skipped = [];

    /// <inheritdoc/>
    public void Add(Measurement measurement) => _results.Add(measurement);

    /// <inheritdoc/>
    public void Add(Skipped skipped) => _skipped.Add(skipped);

    /// <inheritdoc/>
    public void Finish() => output.WriteLine(JsonSerializer.Serialize(new { version = 1, results = _results, skipped = _skipped, host }));
}
