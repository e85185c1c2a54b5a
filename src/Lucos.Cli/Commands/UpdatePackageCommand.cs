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
        : base(verb, description, $"lucos update {verb} guest-kernel/build/updates/fix-readlog.lup", $"lucos update {verb} fix.lup --guest first -o json")
    {
        _verb = verb;
        var package = new Argument<string>("PKG") { Description = "The package (.lup)" };
        var wait = new Option<bool>("--no-wait") { Description = "Don't wait until nobody runs the old code any more" };
        Add(package);
        if (verb == "apply")
        {
            Add(wait);
        }

        Does(terminal, async (parsed, writer, cancel) =>
        {
            var bytes = Read(parsed.GetRequiredValue(package));
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            await client.UploadAsync(bytes, cancel).ConfigureAwait(false);
            terminal.Progress($"{verb}: waiting for the guest's Update Manager");
            var name = Path.GetFileNameWithoutExtension(parsed.GetRequiredValue(package));
            var answer = await client.AskAsync(verb == "plan" ? "check" : verb, name.Length > 63 ? name[..63] : name, cancel).ConfigureAwait(false);
            if (verb == "apply" && !parsed.GetValue(wait))
            {
                answer = await UpdateWaiter.WaitAsync(client, answer, "finished", terminal, cancel).ConfigureAwait(false);
            }

            return Report(writer, answer);
        });
    }

    private static byte[] Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new LucosException(ExitCode.Usage, "file-not-found", $"{file}: no such package");
        }

        return new FileInfo(file).Length <= ControlServer.MaximumPackage
            ? File.ReadAllBytes(file)
            : throw new LucosException(ExitCode.Refused, "too-large", $"{file}: a package has at most {ControlServer.MaximumPackage} bytes");
    }

    private ExitCode Report(ResultWriter writer, JsonObject answer)
    {
        if (answer["refusal"]?.GetValue<string>() is { } refusal)
        {
            return UpdateAnswers.Refused(writer, _verb, answer, refusal);
        }

        var pending = _verb == "plan";
        var update = answer["update"] as JsonObject;
        writer.Result(_verb, answer, o => o.WriteLine(update is null
            ? $"{(pending ? "would be applied" : "accepted")}: {answer["detail"]}"
            : UpdateAnswers.Describe(update)));
        return pending ? ExitCode.Pending : ExitCode.Done;
    }
}
