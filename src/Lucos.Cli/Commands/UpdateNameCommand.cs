using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
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
        Add(name);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            terminal.Progress($"{verb}: waiting for the guest's Update Manager");
            var answer = await client.AskAsync(verb, parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            if (verb == "undo")
            {
                answer = await UpdateWaiter.WaitAsync(client, answer, "rolled-back", terminal, cancel).ConfigureAwait(false);
            }

            if (answer["refusal"]?.GetValue<string>() is { } refusal)
            {
                return UpdateAnswers.Refused(writer, verb, answer, refusal);
            }

            writer.Result(verb, answer, o => o.WriteLine(answer["update"] is JsonObject update ? UpdateAnswers.Describe(update) : $"{answer["detail"]}"));
            return ExitCode.Done;
        });
    }
}
