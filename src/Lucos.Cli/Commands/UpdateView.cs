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

    private readonly Terminal _terminal;
    private List<string> _drawn = [];

    /// <summary>Makes a view.</summary>
    public UpdateView(Terminal terminal) => _terminal = terminal;

    /// <summary>Follows a guest until it goes or the user interrupts.</summary>
    public async Task FollowAsync(ControlClient client, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var status = await client.AskAsync("status", null, cancel).ConfigureAwait(false);
                var history = await client.AskAsync("history", null, cancel).ConfigureAwait(false);
                Draw(Lines(status, history));
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
            .. ((JsonArray)status["updates"]!).OfType<JsonObject>().SelectMany(u => UpdateAnswers.Describe(u).Split('\n')),
            "",
            .. records.TakeLast(HistoryLines).Select(UpdateHistoryCommand.Line),
        ];
    }

    /// <summary>A line that is wider than the terminal would take two of its lines, and the next drawing would begin too low.</summary>
    private void Draw(List<string> lines)
    {
        var (width, height) = Terminal.Size();
        var fitting = lines.Take(height - 1).Select(l => l.Length < width ? l : l[..(width - 1)]).ToList();
        if (fitting.SequenceEqual(_drawn))
        {
            return;
        }

        var up = _drawn.Count > 0 ? $"\u001b[{_drawn.Count}A\r" : "";
        _terminal.Out.Write($"{up}\u001b[J{string.Join('\n', fitting)}\n");
        _terminal.Out.Flush();
        _drawn = fitting;
    }
}
