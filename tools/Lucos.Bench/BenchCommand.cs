using System.CommandLine;
using Lucos.Bench.Benchmarks;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Control.Guests;
using Lucos.Control.Results;

namespace Lucos.Bench;

/// <summary>Carries out the command line.</summary>
public static class BenchCommand
{
    private const string About =
        """
        Measures the monitor on this machine, and QEMU's emulator with the same guest in turn with it.

        The ratio is always "bigger is better for Lucos": Lucos through reference for a rate, reference through Lucos for a time
        or an amount of memory. Ratios compare neighbouring runs; absolute times vary with the host. Progress goes to stderr.
        """;

    /// <summary>Does what a command line says.</summary>
    /// <returns>The exit code.</returns>
    public static int Invoke(string[] arguments)
    {
        var options = new BenchOptions();
        var root = new RootCommand(About);
        options.AddTo(root);
        root.SetAction(parsed => Run(options, parsed));
        ParseResult parsed = root.Parse(arguments);
        int code = parsed.Invoke();
        return parsed.Errors.Count > 0 ? (int)ExitCode.Usage : code;
    }

    private static int Run(BenchOptions options, ParseResult parsed)
    {
        try
        {
            if (parsed.GetValue(options.List))
            {
                List();
            }
            else
            {
                Measure(options, parsed);
            }

            return (int)ExitCode.Done;
        }
        catch (LucosException e)
        {
            Console.Error.WriteLine($"lucos-bench: error: {e.Reason}: {e.Message}");
            return (int)e.Code;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"lucos-bench: error: {e.Message}");
            return (int)ExitCode.Usage;
        }
    }

    private static void List()
    {
        foreach (IBenchmark benchmark in BenchmarkTable.All)
        {
            Console.WriteLine($"{benchmark.Group,-12} {benchmark.Name,-22} {benchmark.About}");
        }
    }

    private static void Measure(BenchOptions options, ParseResult parsed)
    {
        HostClock.CountsProcessorTime = parsed.GetValue(options.ProcessorTime);
        bool useQemu = !parsed.GetValue(options.NoQemu) && HasQemu();
        using TextWriter output = parsed.GetValue(options.To) is { } file ? new StreamWriter(file.FullName) : Console.Out;
        IReportWriter report = WriterFor(parsed.GetValue(options.Output)!, output, HostFacts.Now(useQemu));
        var amount = new BenchAmount(
            parsed.GetValue(options.Runs), TimeSpan.FromMilliseconds(parsed.GetValue(options.Sample)), !parsed.GetValue(options.Small));
        using var context = new BenchContext(GuestFiles.Find(), amount, useQemu, report, Console.Error) { Picture = parsed.GetValue(options.Picture) };
        foreach (IBenchmark benchmark in BenchmarkTable.Choose(parsed.GetValue(options.Only) ?? []))
        {
            benchmark.Run(context);
        }

        report.Finish();
    }

    private static bool HasQemu()
    {
        if (QemuProgram.Version is not null)
        {
            return true;
        }

        Console.Error.WriteLine($"lucos-bench: {QemuProgram.Advice}");
        return false;
    }

    private static IReportWriter WriterFor(string format, TextWriter output, HostFacts host) => format switch
    {
        "json" => new JsonReportWriter(output, host),
        "ndjson" => new NdjsonReportWriter(output, host),
        _ => new TextReportWriter(output, host),
    };
}
