using System.CommandLine;
using System.Text.RegularExpressions;
using Lucos.Cli.Commands;
using Lucos.Cli.Output;
using Lucos.Control.Results;

namespace Lucos.Cli;

/// <summary>The <c>lucos</c> program: parses a command line, runs the command and turns every failure into an exit code.</summary>
public static partial class LucosProgram
{
    /// <summary>Runs one command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="terminal">Where to read and write.</param>
    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> args, Terminal terminal)
    {
        var root = RootCommandBuilder.Build(terminal);
        var parsed = root.Parse(args);
        var complaints = parsed.Action is ExamplesHelpAction ? [] : Complaints(parsed, args);
        if (complaints.Count > 0)
        {
            return ReportUsage(parsed, complaints, terminal);
        }

        var configuration = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(5),
        };
        return (ExitCode)await parsed.InvokeAsync(configuration).ConfigureAwait(false);
    }

    /// <summary>What is wrong with a command line. The parser takes an unknown option for an argument where one fits: not so here.</summary>
    private static List<string> Complaints(ParseResult parsed, IReadOnlyList<string> args)
    {
        if (parsed.Errors.Count > 0 && parsed.CommandResult.Command is { Action: null, Subcommands: { Count: > 0 } verbs })
        {
            var path = CommandPath(parsed);
            var names = string.Join(", ", verbs.Select(v => v.Name));
            return [parsed.UnmatchedTokens is [var token, ..] ? $"'{token}' is no {(token[0] == '-' ? "option" : "command")} of '{path}'; its commands are {names}." : $"'{path}' needs a command: one of {names}."];
        }

        var complaints = parsed.Errors.Select(e => NotConverted().Replace(e.Message, "'$1' is no whole number, which $2 takes.")).ToList();
        if (!args.Contains("--"))
        {
            complaints.AddRange(parsed.CommandResult.Children
                .OfType<System.CommandLine.Parsing.ArgumentResult>()
                .SelectMany(a => a.Tokens)
                .Where(t => t.Value.Length > 1 && t.Value[0] == '-' && !char.IsAsciiDigit(t.Value[1]))
                .Select(t => $"Unknown option '{t.Value}'."));
        }

        return complaints;
    }

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for (?:option|command) '(.*)' as expected type '.*'\.$")]
    private static partial Regex NotConverted();

    private static ExitCode ReportUsage(ParseResult parsed, List<string> complaints, Terminal terminal)
    {
        foreach (var complaint in complaints)
        {
            terminal.Error.WriteLine($"lucos: {complaint}");
        }

        terminal.Error.WriteLine($"Try '{CommandPath(parsed)} --help'.");
        return ExitCode.Usage;
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Push(at.Command is RootCommand ? "lucos" : at.Command.Name);
        }

        return string.Join(' ', names);
    }
}
