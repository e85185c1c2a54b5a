using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update withdraw REQUEST</c>.</summary>
internal sealed class UpdateWithdrawCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdateWithdrawCommand(Terminal terminal, Option<string?> guest)
        : base(
            "withdraw",
            "Take a request back that the guest's Update Manager has not taken yet; lucos update status lists them",
            "lucos update withdraw 3",
            "lucos update withdraw 3 --guest first -o json")
    {
        var number = new Argument<ulong>("REQUEST") { Description = "The request's number" };
        Add(number);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var found = await client.WithdrawAsync(parsed.GetRequiredValue(number), cancel).ConfigureAwait(false);
            var request = (JsonObject)found["request"]!;
            if ((string?)found["outcome"] == "taken")
            {
                throw new LucosException(ExitCode.Refused, "taken", $"{UpdateText.Request(request)}; 'lucos update cancel {request["name"]}' gives an update up");
            }

            writer.Result("withdraw", found, o => o.WriteLine($"withdrawn: request {request["id"]}, {request["kind"]} {request["name"]}: nothing was changed, and nothing will be"));
            return ExitCode.Done;
        });
    }
}
