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
            (int)await action(parsed, new ResultWriter(terminal, parsed.GetValue(CommonOptions.Output)), cancel).ConfigureAwait(false));

    /// <summary>A list of texts as JSON.</summary>
    protected static JsonArray Array(IEnumerable<string> items) => [.. items.Select(i => (JsonNode)i)];
}
