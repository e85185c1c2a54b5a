using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest list</c>.</summary>
internal sealed class GuestListCommand : LucosCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Makes the command.</summary>
    public GuestListCommand(Terminal terminal)
        : base("list", "List the guests that run", "lucos guest list", "lucos guest list -o ndjson | jq .name")
    {
        Does(terminal, async (_, writer, cancel) =>
        {
            var guests = await Task.WhenAll(ControlClient.Running().Select(name => DescribeAsync(name, cancel))).ConfigureAwait(false);
            if (writer.Format == OutputFormat.Ndjson)
            {
                writer.Begin();
                System.Array.ForEach(guests, g => writer.Record("guest", g));
            }
            else
            {
                writer.Result("list", new JsonObject { ["guests"] = new JsonArray([.. guests.Select(g => (JsonNode)g)]) }, o => Write(o, guests));
            }

            return ExitCode.Done;
        });
    }

    /// <summary>One whose monitor does not answer is listed as such, and does not keep the others waiting.</summary>
    private static async Task<JsonObject> DescribeAsync(string name, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(s_patience);
        try
        {
            await using var client = await ControlClient.ConnectAsync(name, patience.Token).ConfigureAwait(false);
            var info = await client.AskAsync("info", null, patience.Token).ConfigureAwait(false);
            return new JsonObject
            {
                ["name"] = name,
                ["pid"] = info["pid"]?.DeepClone(),
                ["state"] = info["state"]?.DeepClone(),
                ["effective"] = info["effective"]?.DeepClone(),
                ["blocks"] = info["blocks"]?.DeepClone(),
                ["memoryBytes"] = info["memoryBytes"]?.DeepClone(),
                ["processors"] = (info["processors"] as JsonArray)?.Count,
            };
        }
        catch (LucosException e)
        {
            return new JsonObject { ["name"] = name, ["state"] = e.Reason };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new JsonObject { ["name"] = name, ["state"] = "no-answer" };
        }
    }

    private static void Write(TextWriter output, JsonObject[] guests)
    {
        if (guests.Length == 0)
        {
            output.WriteLine("no guest runs; start one with 'lucos run'");
            return;
        }

        output.WriteLine(Line("NAME", "STATE", "CPUS", "BLOCKS", "PID", "KERNEL"));

        foreach (var guest in guests)
        {
            output.WriteLine(Line(guest["name"], guest["state"], guest["processors"], guest["blocks"], guest["pid"], guest["effective"]));
        }
    }

    private static string Line(JsonNode? name, JsonNode? state, JsonNode? processors, JsonNode? blocks, JsonNode? pid, JsonNode? kernel) =>
        $"{name,-16} {state,-10} {processors,4} {blocks,14} {pid,7}  {kernel}".TrimEnd();
}
