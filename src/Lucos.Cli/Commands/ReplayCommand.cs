using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Recording;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos replay</c>.</summary>
internal sealed class ReplayCommand : LucosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A record, written by lucos run --record or lucos scenario run --record" };
    private readonly Option<ulong?> _until = new("--until") { Description = "Stop at this block", HelpName = "BLOCK" };
    private readonly Option<string?> _stopAt = new("--stop-at")
    {
        Description = "Stop at FUNCTION[+OFFSET], at 0xADDRESS, or at a store: write:PLACE[,LENGTH][=VALUE]",
        HelpName = "POINT",
    };

    private readonly Option<ulong> _after = new("--after") { Description = "The stop point counts from this block on", HelpName = "BLOCK", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Don't show the guest's console" };
    private readonly Terminal _terminal;

    /// <summary>Makes the command.</summary>
    public ReplayCommand(Terminal terminal)
        : base(
            "replay",
            "Run a recorded guest again and check it hash by hash",
            "lucos replay run.record",
            "lucos replay run.record --stop-at sys_readlog --after 2000000",
            "lucos replay run.record --stop-at write:boot_secret,8 --quiet")
    {
        _terminal = terminal;
        Add(_file);
        Add(_until);
        Add(_stopAt);
        Add(_after);
        Add(_quiet);
        Validators.Add(result => CommonOptions.RequireWith(result, _after, _stopAt));
        Does(terminal, (parsed, writer, cancel) => Task.Run(() => Run(parsed, writer, cancel), CancellationToken.None));
    }

    private ExitCode Run(ParseResult parsed, ResultWriter writer, CancellationToken cancel)
    {
        var file = parsed.GetRequiredValue(_file);
        try
        {
            var record = Read(file);
            var kernel = Replayer.Kernel(record.Head);
            var stopAt = parsed.GetValue(_stopAt) is { } point ? StopPoint.Parse(point, kernel.Symbols) : null;
            using var replayer = new Replayer(record, kernel, new ReplayOptions(parsed.GetValue(_until), stopAt, parsed.GetValue(_after)), cancel);
            if (!parsed.GetValue(_quiet))
            {
                // Where a program reads standard output, the console goes to standard error, as with lucos run.
                var console = writer.Format == OutputFormat.Text ? Console.OpenStandardOutput() : Console.OpenStandardError();
                replayer.ConsoleOutput += bytes => console.Write(bytes.Span);
            }

            return Report(replayer.Run(), record.Head.IsExact, writer);
        }
        catch (RecordException e)
        {
            return Refuse(writer, file, e);
        }
    }

    private Record Read(string file)
    {
        _terminal.Progress($"reading {file}");
        using var stream = InputFile.Open(file);
        return Record.Read(stream);
    }

    private static ExitCode Refuse(ResultWriter writer, string file, RecordException problem)
    {
        var colon = problem.Message.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? writer.Failure(ExitCode.Usage, "bad-record", $"{file}: {problem.Message}")
            : writer.Failure(ExitCode.Usage, problem.Message[..colon], $"{file}{problem.Message[colon..]}");
    }

    private static ExitCode Report(ReplayResult result, bool isExact, ResultWriter writer)
    {
        if (result.Divergence is { } divergence)
        {
            var advice = isExact ? "" : "\nfor the first different block and the page it loaded from, record again with --record-exact";
            return writer.Failure(ExitCode.Refused, "replay-diverged", divergence + advice, new JsonObject { ["divergence"] = DivergenceJson.Of(divergence) });
        }

        var fields = new JsonObject
        {
            ["reason"] = result.Reason,
            ["blocks"] = result.At.Blocks,
            ["nanoseconds"] = result.At.Time,
            ["checks"] = result.Checks,
            ["detail"] = result.Detail,
        };
        writer.Result("replay", fields, o => o.WriteLine(Text(result)));
        return ExitCode.Done;
    }

    private static string Text(ReplayResult result)
    {
        var checks = string.Create(CultureInfo.InvariantCulture, $"{result.At}, {result.Checks} checks agree");
        return result.Reason switch
        {
            "end" => $"replayed to the end: {checks}; {result.Detail}",
            "truncated" => $"replayed as far as the record goes (its end is missing: the recording program died): {checks}",
            "until" => $"stopped at {checks}",
            _ => $"stopped at {checks}\n{result.Detail}",
        };
    }
}
