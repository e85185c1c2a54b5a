using System.CommandLine;
using Lucos.Bench.Benchmarks;

namespace Lucos.Bench;

/// <summary>The command line.</summary>
public sealed class BenchOptions
{
    /// <summary>What to measure.</summary>
    public Option<string[]> Only { get; } = new("--only")
    {
        Description = "Only these benchmarks or groups; --list shows them",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "NAME",
    };

    /// <summary>Whether to show what there is.</summary>
    public Option<bool> List { get; } = new("--list") { Description = "Lists the benchmarks with their groups and measures nothing" };

    /// <summary>How often.</summary>
    public Option<int> Runs { get; } = new("--runs") { Description = "How often each is measured", DefaultValueFactory = _ => 5, HelpName = "N" };

    /// <summary>How long one measurement takes at least.</summary>
    public Option<int> Sample { get; } = new("--sample")
    {
        Description = "Milliseconds that one measurement takes at least; under 200 the console's delays count",
        DefaultValueFactory = _ => 250,
        HelpName = "MS",
    };

    /// <summary>Whether small sizes are enough.</summary>
    public Option<bool> Small { get; } = new("--small") { Description = "Only the smallest sizes of the scaling benchmarks" };

    /// <summary>Whether to go without QEMU.</summary>
    public Option<bool> NoQemu { get; } = new("--no-qemu") { Description = "Compares with nothing but the bare emulator library" };

    /// <summary>Whether processor time counts.</summary>
    public Option<bool> ProcessorTime { get; } = new("--processor-time")
    {
        Description = "Measures processor time and not the wall's, for a host that has other work too",
    };

    /// <summary>The format.</summary>
    public Option<string> Output { get; } = new("--output", "-o") { Description = "text, json or ndjson", DefaultValueFactory = _ => "text" };

    /// <summary>Where the result goes.</summary>
    public Option<FileInfo?> To { get; } = new("--to") { Description = "Writes the result into a file instead of standard output", HelpName = "FILE" };

    /// <summary>Where a picture goes.</summary>
    public Option<FileInfo?> Picture { get; } = new("--picture") { Description = "Draws the curves of data-pause into an SVG file", HelpName = "FILE" };

    /// <summary>Adds all of them to a command.</summary>
    public void AddTo(RootCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        Only.AcceptOnlyFromAmong(BenchmarkTable.Names);
        Output.AcceptOnlyFromAmong("text", "json", "ndjson");
        Runs.Validators.Add(result => AtLeastOne(result.GetValueOrDefault<int>(), "--runs", result.AddError));
        Sample.Validators.Add(result => AtLeastOne(result.GetValueOrDefault<int>(), "--sample", result.AddError));
        foreach (Option option in (Option[])[Only, List, Runs, Sample, Small, NoQemu, ProcessorTime, Output, To, Picture])
        {
            command.Options.Add(option);
        }
    }

    private static void AtLeastOne(int value, string option, Action<string> refuse)
    {
        if (value < 1)
        {
            refuse($"{option} must be at least 1");
        }
    }
}
