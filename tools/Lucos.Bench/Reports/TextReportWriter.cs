using Spectre.Console;

namespace Lucos.Bench.Reports;

/// <summary>A table for people.</summary>
public sealed class TextReportWriter(TextWriter output, HostFacts host) : IReportWriter
{
    private const int Width = 150;
    private readonly List<Skipped> _skipped = [];
    private readonly Table _table = new Table().Border(TableBorder.Simple)
        .AddColumns("what", "Lucos", "unit", "min", "max", "runs", "against", "reference", "ratio", "ratio's range");

    /// <inheritdoc/>
    public void Add(Measurement measurement)
    {
        ArgumentNullException.ThrowIfNull(measurement);
        _table.AddRow(
            measurement.Name, Number(measurement.Lucos), measurement.Unit, Number(measurement.Min), Number(measurement.Max), $"{measurement.Runs}",
            measurement.Against ?? "", Number(measurement.Reference), Ratio(measurement.Ratio),
            measurement.Ratio is null ? "" : $"{Ratio(measurement.RatioMin)} to {Ratio(measurement.RatioMax)}");
    }

    /// <inheritdoc/>
    public void Add(Skipped skipped) => _skipped.Add(skipped);

    /// <inheritdoc/>
    public void Finish()
    {
        output.WriteLine($"{host.Date} UTC, {host.Processors} x {host.Processor}, libunicorn {host.Unicorn}, {host.Qemu ?? "without QEMU"}");
        output.WriteLine("ratio: bigger is better for Lucos");
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

        // A pipe has no width of its own; the default of 80 columns would break names.
        console.Profile.Width = Math.Max(console.Profile.Width, Width);
        console.Write(_table);
        foreach (Skipped skipped in _skipped)
        {
            output.WriteLine($"skipped {skipped.Name}: {skipped.Reason}");
        }
    }

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => $"{value:0}",
        >= 10 => $"{value:0.0}",
        _ => $"{value:0.00}",
    };

    private static string Ratio(double? value) => value is null ? "" : $"{value:0.00}";
}
