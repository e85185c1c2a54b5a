using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update history</c>.</summary>
internal sealed class UpdateHistoryCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateHistoryCommand(Terminal terminal, Option<string?> guest)
        : base("history", "Show what was asked of the guest and what came of it", "lucos update history", "lucos update history -o ndjson")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var history = await client.AskAsync("history", null, cancel).ConfigureAwait(false);
            var records = ((JsonArray)history["records"]!).OfType<JsonObject>().ToList();
            if (writer.Format == OutputFormat.Ndjson)
            {
                writer.Begin();
                records.ForEach(r => writer.Record("journal", r));
            }
            else
            {
                writer.Result("history", history, o => records.ForEach(r => o.WriteLine(Line(r))));
            }

            return ExitCode.Done;
        });
    }

    /// <summary>A record as a line for people.</summary>
    public static string Line(JsonObject record)
    {
        var text = $"{record["sequence"],4} block {record["block"],-12} {record["event"]} {record["name"]}";
        text += record["refusal"] is { } refusal ? $" {refusal}" : "";
        return text + (record["detail"] is { } detail ? $": {detail}" : "");
    }
}
