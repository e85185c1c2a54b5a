using System.CommandLine;
using System.Globalization;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest snapshot --to FILE</c>.</summary>
internal sealed class GuestSnapshotCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public GuestSnapshotCommand(Terminal terminal, Option<string?> guest)
        : base(
            "snapshot",
            "Save the guest as it stands, updates under way included, to a file for lucos run --restore; it runs on",
            "lucos guest snapshot --to first.snapshot",
            "lucos guest snapshot --guest first --to before.snapshot -o json")
    {
        var to = new Option<string>("--to") { Description = "The file; one that is there is replaced", HelpName = "FILE", Required = true };
        Add(to);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            var file = Path.GetFullPath(parsed.GetRequiredValue(to));
            OutputFile.RequireFolder(file);
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var answer = await client.SnapshotAsync(file, cancel).ConfigureAwait(false);
            writer.Result("snapshot", answer, o => o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {answer["bytes"]} bytes, at block {answer["blocks"]}")));
            return ExitCode.Done;
        });
    }
}
