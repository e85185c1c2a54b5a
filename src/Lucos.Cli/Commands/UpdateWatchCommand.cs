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
        : base("watch", "Follow the guest's history as it happens, until interrupted", "lucos update watch", "lucos update watch -o ndjson | jq .event")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            if (writer.Format == OutputFormat.Json)
            {
                throw new LucosException(ExitCode.Usage, "bad-format", "watch never ends, so it has no single JSON object; use -o ndjson");
            }

            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await foreach (var record in client.WatchAsync(cancel).ConfigureAwait(false))
            {
                writer.Record("journal", record);
                if (writer.Format == OutputFormat.Text)
                {
                    await terminal.Out.WriteLineAsync(UpdateHistoryCommand.Line(record)).ConfigureAwait(false);
                }

                await terminal.Out.FlushAsync(cancel).ConfigureAwait(false);
            }

            return ExitCode.Unreachable;
        });
    }
}
