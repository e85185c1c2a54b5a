using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary>Updates and history of a guest on a terminal, drawn again in the same place as they change.</summary>
internal sealed class UpdateView
{
    private const int HistoryLines = 10;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly LiveRegion _region;

    /// <summary>Makes a view.</summary>
    public UpdateView(Terminal terminal) => _region = new LiveRegion(terminal.Out);

    /// <summary>Follows a guest until it goes or the user interrupts.</summary>
    public async Task FollowAsync(ControlClient client, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var status = await client.AskAsync("status", null, cancel).ConfigureAwait(false);
                var history = await client.AskAsync("history", null, cancel).ConfigureAwait(false);
                _region.Draw(Lines(status, history));
            }
            catch (LucosException e) when (e.Code == ExitCode.Unreachable)
            {
                return;
            }

            await Task.Delay(s_interval, cancel).ConfigureAwait(false);
        }
    }

    private static List<string> Lines(JsonObject status, JsonObject history)
    {
        var records = ((JsonArray)history["records"]!).OfType<JsonObject>();
        return
        [
            $"kernel {status["effective"]}",
            .. ((JsonArray)status["updates"]!).OfType<JsonObject>().SelectMany(UpdateText.DescribeAmongOthers),
            "",
            .. records.TakeLast(HistoryLines).Select(UpdateHistoryCommand.Line),
        ];
    }
}
