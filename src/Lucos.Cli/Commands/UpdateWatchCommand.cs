using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update watch</c>.</summary>
internal sealed class UpdateWatchCommand : LucosCommand
{
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
                await PrintAsync(client, terminal, writer, cancel).ConfigureAwait(false);
            }

            throw new LucosException(ExitCode.Unreachable, "guest-ended", "the guest has gone");
        });
    }

    private static async Task PrintAsync(ControlClient client, Terminal terminal, ResultWriter writer, CancellationToken cancel)
    {
        writer.Begin();
        await terminal.Out.FlushAsync(cancel).ConfigureAwait(false);
        await foreach (var record in client.WatchAsync(cancel).ConfigureAwait(false))
        {
            writer.Record("journal", record);
            if (writer.Format == OutputFormat.Text)
            {
                await terminal.Out.WriteLineAsync(UpdateHistoryCommand.Line(record)).ConfigureAwait(false);
            }

            await terminal.Out.FlushAsync(cancel).ConfigureAwait(false);
        }
    }
}
