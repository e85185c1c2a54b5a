using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update show NAME [--ledger]</c>.</summary>
internal sealed class UpdateShowCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateShowCommand(Terminal terminal, Option<string?> guest)
        : base("show", "Show one update: who is awaited where, and what becomes of its data", "lucos update show widen-stats", "lucos update show widen-stats --ledger -o json")
    {
        var name = new Argument<string>("NAME") { Description = "The update's name" };
        var ledger = new Option<bool>("--ledger") { Description = "Also the newest stores to its data, at most 256" };
        Add(name);
        Add(ledger);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var status = await client.AskAsync("status", parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            var shown = new JsonObject { ["update"] = ((JsonArray)status["updates"]!)[^1]!.DeepClone() };
            if (parsed.GetValue(ledger))
            {
                var entries = await client.AskAsync("ledger", parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
                shown["ledger"] = entries["entries"]!.DeepClone();
            }

            writer.Result("show", shown, o => Write(o, shown));
            return ExitCode.Done;
        });
    }

    private static void Write(TextWriter output, JsonObject shown)
    {
        var update = (JsonObject)shown["update"]!;
        output.WriteLine(UpdateAnswers.Describe(update));
        foreach (var (function, count) in (JsonObject)update["activations"]!)
        {
            output.WriteLine($"  {function}: {count} awaited");
        }

        foreach (var entry in (shown["ledger"] as JsonArray ?? []).OfType<JsonObject>())
        {
            output.WriteLine($"  block {entry["block"]} vCPU {entry["cpu"]} {entry["rip"]}: {entry["size"]} bytes to the {entry["version"]} version of {entry["instance"]}+{entry["offset"]}: {entry["value"]}");
        }
    }
}
