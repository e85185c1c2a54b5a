using System.CommandLine;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update check|plan PKG</c>: a check tells what an apply would do.</summary>
internal sealed class UpdatePackageCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public UpdatePackageCommand(Terminal terminal, Option<string?> guest, string verb, string description)
        : base(verb, description, $"lucos update {verb} fix-readlog", $"lucos update {verb} fix.lup --guest first -o json")
    {
        var package = new Argument<string>("PKG") { Description = "The package: a file (.lup), or the name of a built one" };
        var timeout = WaitOptions.Timeout("Give up after this long, with exit code 4; as long as it takes unless said otherwise");
        Add(package);
        Add(timeout);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            var file = parsed.GetRequiredValue(package);
            var bytes = PackageArgument.Read(file);
            using var waiter = new UpdateWaiter(terminal, writer, WaitOptions.Of(parsed, timeout), cancel);
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await client.UploadAsync(bytes, cancel).ConfigureAwait(false);
            var answer = await waiter.AskAsync(client, "check", PackageArgument.NameOf(file, bytes)).ConfigureAwait(false);
            if (answer["refusal"]?.GetValue<string>() is { } refusal)
            {
                return UpdateAnswers.Refused(writer, verb, answer, refusal);
            }

            var versions = await client.AskAsync("uname", null, cancel).ConfigureAwait(false);
            var plan = UpdatePlan.Make(bytes, answer, versions["effective"]!.GetValue<string>());
            writer.Result(verb, plan.ToJson(), o => plan.Write(o, verb == "plan" ? "would be applied" : "accepted"));
            return verb == "plan" ? ExitCode.Pending : ExitCode.Done;
        });
    }
}
