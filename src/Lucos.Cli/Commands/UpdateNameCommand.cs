using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update undo|cancel NAME</c>.</summary>
internal sealed class UpdateNameCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateNameCommand(Terminal terminal, Option<string?> guest, string verb, string description)
        : base(verb, description, $"lucos update {verb} fix-readlog", $"lucos update {verb} fix-readlog --guest first -o json")
    {
        var name = new Argument<string>("NAME") { Description = "The update's name" };
        var timeout = WaitOptions.Timeout("Give up waiting after this long, with exit code 4; as long as it takes unless said otherwise");
        Add(name);
        Add(timeout);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            using var waiter = new UpdateWaiter(terminal, writer, WaitOptions.Of(parsed, timeout), cancel);
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var answer = await waiter.AskAsync(client, verb, parsed.GetRequiredValue(name)).ConfigureAwait(false);
            if (verb == "undo")
            {
                answer = await waiter.WaitAsync(verb, client, answer, "rolled-back").ConfigureAwait(false);
            }

            return UpdateAnswers.Report(writer, verb, answer);
        });
    }
}
