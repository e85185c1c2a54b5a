using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>A command with examples in its help.</summary>
internal class LucosCommand : Command
{
    /// <summary>Makes a command.</summary>
    public LucosCommand(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
    {
        Examples = examples;
    }

    /// <summary>Command lines that the help shows.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Sets what the command does.</summary>
    protected void Does(Terminal terminal, Func<ParseResult, ResultWriter, CancellationToken, Task<ExitCode>> action) =>
        SetAction(async (parsed, cancel) =>
            (int)await RunAsync(parsed, new ResultWriter(terminal, parsed.GetValue(CommonOptions.Output)), action, cancel).ConfigureAwait(false));

    /// <summary>Every failure goes to the writer that the results went to, so that a stream begins only once.</summary>
    private static async Task<ExitCode> RunAsync(
        ParseResult parsed, ResultWriter writer, Func<ParseResult, ResultWriter, CancellationToken, Task<ExitCode>> action, CancellationToken cancel)
    {
        try
        {
            return await action(parsed, writer, cancel).ConfigureAwait(false);
        }
        catch (LucosException e)
        {
            return writer.Failure(e.Code, e.Reason, e.Message);
        }
        catch (OperationCanceledException)
        {
            return writer.Failure(ExitCode.Interrupted, "interrupted", "stopped before the end");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return writer.Failure(ExitCode.Internal, "io-error", e.Message);
        }
    }

    /// <summary>A list of texts as JSON.</summary>
    protected static JsonArray Array(IEnumerable<string> items) => [.. items.Select(i => (JsonNode)i)];
}
