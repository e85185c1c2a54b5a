using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest stop</c>.</summary>
internal sealed class GuestStopCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public GuestStopCommand(Terminal terminal, Option<string?> guest)
        : base("stop", "End the guest where it stands, whatever it does; its name is free afterwards", "lucos guest stop", "lucos guest stop --guest first")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await client.AskAsync("stop", null, cancel).ConfigureAwait(false);
            await client.ClosedAsync(cancel).ConfigureAwait(false);
            writer.Result("stop", new() { ["state"] = "stopped" }, o => o.WriteLine("stopped"));
            return ExitCode.Done;
        });
    }
}
