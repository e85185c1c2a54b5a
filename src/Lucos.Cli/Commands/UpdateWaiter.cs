using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary>Waits until an update that was accepted has come to rest.</summary>
internal static class UpdateWaiter
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits; an answer that was a refusal, or names no update, is returned as it is.</summary>
    /// <returns>The answer with the update as it is then.</returns>
    public static async Task<JsonObject> WaitAsync(ControlClient client, JsonObject answer, string state, Terminal terminal, CancellationToken cancel)
    {
        if (answer["refusal"] is not null || answer["update"]?["id"]?.GetValue<uint>() is not { } id)
        {
            return answer;
        }

        var name = answer["update"]!["name"]!.GetValue<string>();
        while (await FindAsync(client, name, id, cancel).ConfigureAwait(false) is { } update)
        {
            answer["update"] = update.DeepClone();
            var now = update["state"]!.GetValue<string>();
            if (now == state || now is "refused" or "aborted" or "rolled-back")
            {
                break;
            }

            terminal.Progress(UpdateAnswers.Describe(update).Split('\n').Last().Trim());
            await Task.Delay(s_interval, cancel).ConfigureAwait(false);
        }

        return answer;
    }

    private static async Task<JsonObject?> FindAsync(ControlClient client, string name, uint id, CancellationToken cancel)
    {
        var status = await client.AskAsync("status", name, cancel).ConfigureAwait(false);
        return (status["updates"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(u => u["id"]?.GetValue<uint>() == id);
    }
}
