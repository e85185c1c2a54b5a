using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update status [NAME]</c>.</summary>
internal sealed class UpdateStatusCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateStatusCommand(Terminal terminal, Option<string?> guest)
        : base("status", "Show the state of updates and who keeps them from finishing", "lucos update status", "lucos update status fix-readlog -o json")
    {
        var name = new Argument<string?>("NAME") { Description = "Only this update", Arity = ArgumentArity.ZeroOrOne };
        Add(name);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var status = await client.AskAsync("status", parsed.GetValue(name), cancel).ConfigureAwait(false);
            writer.Result("status", status, o => Write(o, status, parsed.GetValue(name) is null ? UpdateText.DescribeAmongOthers : UpdateText.Describe));
            return ExitCode.Done;
        });
    }

    private static void Write(TextWriter output, JsonObject status, Func<JsonObject, IReadOnlyList<string>> describe)
    {
        output.WriteLine($"kernel {status["effective"]}");
        if (GuestHoldCommand.Hint(status) is { } hint)
        {
            output.WriteLine(hint);
        }

        foreach (var request in ((JsonArray)status["requests"]!).OfType<JsonObject>())
        {
            var next = (string?)request["phase"] == "waiting" ? $"; 'lucos update withdraw {request["id"]}' takes it back" : "";
            output.WriteLine(UpdateText.Request(request) + next);
        }

        foreach (var update in ((JsonArray)status["updates"]!).OfType<JsonObject>())
        {
            output.WriteLine(string.Join('\n', describe(update)));
        }
    }
}
