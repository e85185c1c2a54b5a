using System.CommandLine;
using Lucos.Cli.Output;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update</c>.</summary>
internal sealed class UpdateCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateCommand(Terminal terminal)
        : base("update", "Update a running guest", "lucos update apply fix-readlog.lup", "lucos update status --guest first", "lucos update undo fix-readlog")
    {
        var guest = new Option<string?>("--guest") { Description = "Name of the guest; the only one that runs unless said otherwise", HelpName = "S", Recursive = true };
        Add(guest);
        Add(new UpdatePackageCommand(terminal, guest, "check", "Have the guest verify a package and change nothing"));
        Add(new UpdatePackageCommand(terminal, guest, "plan", "Tell what an apply would do; exit 10 if it would change something"));
        Add(new UpdateApplyCommand(terminal, guest));
        Add(new UpdateStatusCommand(terminal, guest));
        Add(new UpdateShowCommand(terminal, guest));
        Add(new UpdateWatchCommand(terminal, guest));
        Add(new UpdateHistoryCommand(terminal, guest));
        Add(new UpdateNameCommand(terminal, guest, "undo", "Undo an update: the original code runs again"));
        Add(new UpdateNameCommand(terminal, guest, "cancel", "Cancel an update that is under way"));
        Add(new UpdateWithdrawCommand(terminal, guest));
    }
}
