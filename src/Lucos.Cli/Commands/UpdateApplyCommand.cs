using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update apply PKG</c>.</summary>
internal sealed class UpdateApplyCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateApplyCommand(Terminal terminal, Option<string?> guest)
        : base(
            "apply",
            "Apply a package to the running guest, and wait until nobody runs the old code any more",
            "lucos update apply fix-readlog",
            "lucos update apply fix.lup --guest first -o json",
            "lucos update apply pipe-ring --verify-coherence --timeout 60",
            "lucos update apply pipe-ring --no-wait && lucos update watch")
    {
        var package = new Argument<string>("PKG") { Description = "The package: a file (.lup), or the name of a built one" };
        var noWait = new Option<bool>("--no-wait") { Description = "Don't wait until nobody runs the old code any more" };
        var verify = new Option<bool>("--verify-coherence")
        {
            Description = "Check every state transfer of its data, and keep the stores to it: lucos update show NAME --ledger. A field that a transfer loses fails the update, which rolls back",
        };
        var timeout = WaitOptions.Timeout("Cancel the update if it has not finished after this long, with exit code 4; wait as long as it takes unless said otherwise");
        Add(package);
        Add(noWait);
        Add(verify);
        Add(timeout);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            var file = parsed.GetRequiredValue(package);
            var bytes = PackageArgument.Read(file);
            using var waiter = new UpdateWaiter(terminal, writer, WaitOptions.Of(parsed, timeout), cancel);
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await client.UploadAsync(bytes, cancel).ConfigureAwait(false);
            var answer = await waiter.AskAsync(client, "apply", PackageArgument.NameOf(file, bytes), parsed.GetValue(verify)).ConfigureAwait(false);
            if (!parsed.GetValue(noWait))
            {
                answer = await waiter.WaitAsync("apply", client, answer, "finished").ConfigureAwait(false);
            }

            return UpdateAnswers.Report(writer, "apply", answer);
        });
    }
}
