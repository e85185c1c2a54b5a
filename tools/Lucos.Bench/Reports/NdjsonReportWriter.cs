using System.Text.Json;

namespace Lucos.Bench.Reports;

/// <summary>One object a line, each written when its result is there; the first is the version.</summary>
public sealed class NdjsonReportWriter : IReportWriter
{
    private readonly TextWriter _output;

    /// <summary>Writes the head.</summary>
    public NdjsonReportWriter(TextWriter output, HostFacts host)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        Write(new { type = "version", version = 1 });
        Write(new { type = "host", host });
    }

    /// <inheritdoc/>
    public void Add(Measurement measurement) => Write(new { type = "result", result = measurement });

    /// <inheritdoc/>
    public void Add(Skipped skipped) => Write(new { type = "skipped", skipped });

    /// <inheritdoc/>
    public void Finish()
    {
    }

    private void Write<T>(T record)
    {
        _output.WriteLine(JsonSerializer.Serialize(record));
        _output.Flush();
    }
}
