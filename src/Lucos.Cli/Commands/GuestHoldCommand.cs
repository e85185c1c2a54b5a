using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest pause</c> and <c>resume</c>.</summary>
internal sealed class GuestHoldCommand : LucosCommand
{
    /// <summary>Makes the command of a verb.</summary>
    public GuestHoldCommand(Terminal terminal, Option<string?> guest, string verb, string description)
        : base(verb, description, $"lucos guest {verb}", $"lucos guest {verb} --guest first -o json")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var answer = await client.AskAsync(verb, null, cancel).ConfigureAwait(false);
            writer.Result(verb, answer, o => o.WriteLine(Describe(answer)));
            return ExitCode.Done;
        });
    }

    /// <summary>Whether the guest runs, and who holds it if it does not.</summary>
    public static string Describe(JsonObject answer) => (string?)answer["state"] == "paused"
        ? $"paused by {string.Join(", ", ((JsonArray)answer["holders"]!).Select(h => (string?)h))}"
        : "running";

    /// <summary>What to do about a guest that stands still; null while it runs.</summary>
    public static string? Hint(JsonObject answer) => (string?)answer["state"] == "paused" ? $"the guest is {Describe(answer)}; {Resume(answer)}" : null;

    private static string Resume(JsonObject answer) => ((JsonArray)answer["holders"]!).Any(h => (string?)h == "operator")
        ? "'lucos guest resume' lets it run on"
        : "it runs on when that lets go of it";
}
