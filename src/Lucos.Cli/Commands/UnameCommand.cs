using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos uname</c>.</summary>
internal sealed class UnameCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UnameCommand(Terminal terminal)
        : base("uname", "Print the version of a guest's kernel, updates in force included", "lucos uname", "lucos uname --booted --guest first")
    {
        var guest = new Option<string?>("--guest") { Description = "Name of the guest; the only one that runs unless said otherwise", HelpName = "S" };
        var booted = new Option<bool>("--booted") { Description = "The version that was booted" };
        Add(guest);
        Add(booted);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var versions = await client.AskAsync("uname", null, cancel).ConfigureAwait(false);
            writer.Result("uname", versions, o => o.WriteLine(versions[parsed.GetValue(booted) ? "booted" : "effective"]));
            return ExitCode.Done;
        });
    }
}
