using System.CommandLine;
using System.Text.Json;
using Lucos.Bench;
using Lucos.Control.Results;
using Spectre.Console;

var runs = new Option<int>("--runs") { Description = "How often each is measured", DefaultValueFactory = _ => 5 };
var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
output.AcceptOnlyFromAmong("text", "json");
var only = new Option<string[]>("--only") { Description = "Only these: boot, compute, paths, update", AllowMultipleArgumentsPerToken = true };
only.AcceptOnlyFromAmong("boot", "compute", "paths", "update");
var root = new RootCommand("Measures the monitor on this machine. Ratios compare within one run; absolute times vary with the host.") { runs, output, only };
root.SetAction(parsed => Measure(parsed.GetValue(runs), parsed.GetValue(output) == "json", parsed.GetValue(only) ?? []));
return root.Parse(args).Invoke();

static int Measure(int runs, bool json, string[] only)
{
    if (runs < 1)
    {
        Console.Error.WriteLine("lucos-bench: error: --runs must be at least 1");
        return (int)ExitCode.Usage;
    }

    try
    {
        var bench = new GuestBench();
        IBenchmark[] all = [new BootBenchmark(bench), new ComputeBenchmark(bench), new KernelPathBenchmark(bench), new UpdateBenchmark(bench)];
        Measurement[] results =
        [
            .. all.Where(b => only.Length == 0 || only.Contains(b.Name)).SelectMany(b => b.Run(runs, text => Console.Error.WriteLine(text))),
        ];
        Write(results, json);
        return (int)ExitCode.Done;
    }
    catch (LucosException e)
    {
        Console.Error.WriteLine($"lucos-bench: error: {e.Message}");
        return (int)e.Code;
    }
}

static void Write(Measurement[] results, bool json)
{
    if (json)
    {
        Console.WriteLine(JsonSerializer.Serialize(new { version = 1, results }));
        return;
    }

    // A pipe has no width of its own; the default of 80 columns would break names.
    AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
    var table = new Table().Border(TableBorder.Simple).AddColumns("what", "Lucos", "unit", "reference", "ratio", "min", "max", "runs");
    foreach (Measurement m in results)
    {
        table.AddRow(m.Name, Number(m.Lucos), m.Unit, Number(m.Reference), Number(m.Ratio), Number(m.Min), Number(m.Max), $"{m.Runs}");
    }

    AnsiConsole.Write(table);
}

static string Number(double? value) => value is null ? "" : $"{value:0.###}";
