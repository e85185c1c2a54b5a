using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update check|plan|apply PKG</c>.</summary>
internal sealed class UpdatePackageCommand : LucosCommand
{
    private readonly string _verb;

    /// <summary>Makes the command.</summary>
    public UpdatePackageCommand(Terminal terminal, Option<string?> guest, string verb, string description)
        : base(verb, description, $"lucos update {verb} fix-readlog", $"lucos update {verb} fix.lup --guest first -o json")
    {
        _verb = verb;
        var package = new Argument<string>("PKG") { Description = "The package: a file (.lup), or the name of a built one" };
        var wait = new Option<bool>("--no-wait") { Description = "Don't wait until nobody runs the old code any more" };
        Add(package);
        if (verb == "apply")
        {
            Add(wait);
        }

        Does(terminal, async (parsed, writer, cancel) =>
        {
            var bytes = PackageArgument.Read(parsed.GetRequiredValue(package));
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await client.UploadAsync(bytes, cancel).ConfigureAwait(false);
            terminal.Progress($"{verb}: waiting for the guest's Update Manager");
            var name = Path.GetFileNameWithoutExtension(parsed.GetRequiredValue(package));
            var answer = await client.AskAsync(verb == "plan" ? "check" : verb, name.Length > 63 ? name[..63] : name, cancel).ConfigureAwait(false);
            if (verb == "apply" && !parsed.GetValue(wait))
            {
                answer = await UpdateWaiter.WaitAsync(client, answer, "finished", terminal, cancel).ConfigureAwait(false);
            }

            return verb == "apply" ? Report(writer, answer) : await ForecastAsync(client, writer, answer, bytes, cancel).ConfigureAwait(false);
        });
    }

    /// <summary>Reports an apply.</summary>
    private ExitCode Report(ResultWriter writer, JsonObject answer)
    {
        if (answer["refusal"]?.GetValue<string>() is { } refusal)
        {
            return UpdateAnswers.Refused(writer, _verb, answer, refusal);
        }

        writer.Result(_verb, answer, o => o.WriteLine(answer["update"] is JsonObject update ? UpdateAnswers.Describe(update) : $"{answer["detail"]}"));
        return answer["update"]?["state"]?.GetValue<string>() switch
        {
            "refused" => ExitCode.Refused,
            "aborted" or "rolled-back" => ExitCode.RolledBack,
            _ => ExitCode.Done,
        };
    }

    /// <summary>Reports what an apply would do: a check tells the operator too.</summary>
    private async Task<ExitCode> ForecastAsync(ControlClient client, ResultWriter writer, JsonObject answer, byte[] package, CancellationToken cancel)
    {
        if (answer["refusal"]?.GetValue<string>() is { } refusal)
        {
            return UpdateAnswers.Refused(writer, _verb, answer, refusal);
        }

        var versions = await client.AskAsync("uname", null, cancel).ConfigureAwait(false);
        var plan = UpdatePlan.Make(package, answer, versions["effective"]!.GetValue<string>());
        writer.Result(_verb, plan.ToJson(), o => o.WriteLine(plan.ToText(_verb == "plan" ? "would be applied" : "accepted")));
        return _verb == "plan" ? ExitCode.Pending : ExitCode.Done;
    }
}
