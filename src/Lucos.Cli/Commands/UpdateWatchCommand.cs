using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update watch</c>.</summary>
internal sealed class UpdateWatchCommand : LucosCommand
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>Makes the command.</summary>
    public UpdateWatchCommand(Terminal terminal, Option<string?> guest)
        : base("watch", "Follow the guest's updates as they happen, until interrupted: a live view on a terminal, else a line for each event", "lucos update watch", "lucos update watch | tee watch.log", "lucos update watch -o ndjson | jq .event")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            if (writer.Format == OutputFormat.Json)
            {
                throw new LucosException(ExitCode.Usage, "bad-format", "watch never ends, so it has no single JSON object; use -o ndjson");
            }

            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            if (writer.Format == OutputFormat.Text && terminal.CanRedraw)
            {
                await new UpdateView(terminal).FollowAsync(client, cancel).ConfigureAwait(false);
            }
            else
            {
                await PrintAsync(parsed.GetValue(guest), client, terminal, writer, cancel).ConfigureAwait(false);
            }

            throw new LucosException(ExitCode.Unreachable, "guest-ended", "the guest has gone");
        });
    }

    private static async Task PrintAsync(string? guest, ControlClient client, Terminal terminal, ResultWriter writer, CancellationToken cancel)
    {
        writer.Begin();
        await terminal.Out.FlushAsync(cancel).ConfigureAwait(false);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var news = Channel.CreateUnbounded<(string Type, JsonObject Record, string Line)>();
        var journal = FollowJournalAsync(client, news.Writer, gone);
        var waits = FollowWaitsAsync(guest, news.Writer, gone.Token);
        try
        {
            await foreach (var (type, record, line) in news.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                writer.Record(type, record);
                if (writer.Format == OutputFormat.Text)
                {
                    await terminal.Out.WriteLineAsync(line).ConfigureAwait(false);
                }

                await terminal.Out.FlushAsync(cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(journal, waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await journal.ConfigureAwait(false);
    }

    private static async Task FollowJournalAsync(ControlClient client, ChannelWriter<(string Type, JsonObject Record, string Line)> news, CancellationTokenSource gone)
    {
        try
        {
            await foreach (var record in client.WatchAsync(gone.Token).ConfigureAwait(false))
            {
                news.TryWrite(("journal", record, UpdateHistoryCommand.Line(record)));
            }
        }
        finally
        {
            await gone.CancelAsync().ConfigureAwait(false);
            news.Complete();
        }
    }

    /// <summary>Tells of updates under way when those change who are awaited, over a connection of its own: the other one only streams.</summary>
    private static async Task FollowWaitsAsync(string? guest, ChannelWriter<(string Type, JsonObject Record, string Line)> news, CancellationToken gone)
    {
        var clock = Stopwatch.StartNew();
        var logs = new Dictionary<uint, WaitLog>();
        try
        {
            await using var client = await ControlClient.ConnectAsync(guest, gone).ConfigureAwait(false);
            while (true)
            {
                var status = await client.AskAsync("status", null, gone).ConfigureAwait(false);
                foreach (var update in ((JsonArray)status["updates"]!).OfType<JsonObject>().Where(UpdateText.IsUnderWay))
                {
                    var id = update["id"]!.GetValue<uint>();
                    if ((logs.TryGetValue(id, out var log) ? log : logs[id] = new WaitLog(s_interval)).IsNews(clock.Elapsed, update))
                    {
                        news.TryWrite(("waiting", new JsonObject { ["update"] = update.DeepClone() }, $"     {WaitLog.Line(update)}"));
                    }
                }

                await Task.Delay(s_poll, gone).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or LucosException)
        {
            // The journal's connection says that the guest has gone, or the user interrupts both.
        }
    }
}
