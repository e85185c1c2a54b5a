using System.CommandLine;
using Lucos.Cli.Commands;
using Lucos.Cli.Output;
using Lucos.Control.Results;

namespace Lucos.Cli;

/// <summary>The <c>lucos</c> program: parses a command line, runs the command and turns every failure into an exit code.</summary>
public static class LucosProgram
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
        var complaints = parsed.Errors.Select(e => e.Message).ToList();
        if (!args.Contains("--"))
        {
            complaints.AddRange(parsed.CommandResult.Children
                .OfType<System.CommandLine.Parsing.ArgumentResult>()
                .SelectMany(a => a.Tokens)
                .Where(t => t.Value.Length > 1 && t.Value[0] == '-')
                .Select(t => $"Unknown option '{t.Value}'."));
        }

        return complaints;
    }

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
