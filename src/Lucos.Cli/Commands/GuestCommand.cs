using System.CommandLine;
using Lucos.Cli.Output;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest</c>.</summary>
internal sealed class GuestCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public GuestCommand(Terminal terminal)
        : base("guest", "Look at a running guest, hold it still, save it or end it", "lucos guest list", "lucos guest info --guest first", "lucos guest snapshot --to first.snapshot")
    {
        var guest = new Option<string?>("--guest") { Description = "Name of the guest; the only one that runs unless said otherwise", HelpName = "S", Recursive = true };
        Add(guest);
        Add(new GuestListCommand(terminal));
        Add(new GuestInfoCommand(terminal, guest));
        Add(new GuestHoldCommand(terminal, guest, "pause", "Hold the guest still at an instruction boundary; it can be looked at, saved and resumed"));
        Add(new GuestHoldCommand(terminal, guest, "resume", "Let a paused guest run on"));
        Add(new GuestSnapshotCommand(terminal, guest));
        Add(new GuestStopCommand(terminal, guest));
    }
}
