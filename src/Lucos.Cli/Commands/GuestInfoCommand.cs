using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos guest info</c>.</summary>
internal sealed class GuestInfoCommand : LucosCommand
{
    private const int RegistersInALine = 3;

    /// <summary>Makes the command.</summary>
    public GuestInfoCommand(Terminal terminal, Option<string?> guest)
        : base("info", "Show the guest as it stands: clock, memory, registers and backtrace of every processor, updates", "lucos guest info", "lucos guest info --guest first -o json")
    {
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var info = await client.AskAsync("info", null, cancel).ConfigureAwait(false);
            writer.Result("info", info, o => Write(o, info));
            return ExitCode.Done;
        });
    }

    private static void Write(TextWriter output, JsonObject info)
    {
        var seconds = (ulong)info["nanoseconds"]! / 1e9;
        var memory = (ulong)info["memoryBytes"]! >> 20;
        output.WriteLine($"guest {info["name"]}, pid {info["pid"]}: {GuestHoldCommand.Describe(info)}");
        output.WriteLine($"kernel {info["effective"]}, booted {info["booted"]}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"clock {seconds:f6} s, {info["blocks"]} blocks, {info["idlePeriods"]} idle periods"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory {memory} MiB"));
        foreach (var processor in Objects(info["processors"]))
        {
            WriteProcessor(output, processor);
        }

        foreach (var update in Objects(info["updates"]))
        {
            output.WriteLine(string.Join('\n', UpdateText.Describe(update)));
        }
    }

    private static void WriteProcessor(TextWriter output, JsonObject processor)
    {
        output.WriteLine($"processor {processor["index"]}: {processor["state"]}");
        foreach (var line in ((JsonObject)processor["registers"]!).Chunk(RegistersInALine))
        {
            output.WriteLine("  " + string.Join(' ', line.Select(r => $"{r.Key,-3} {Value(r.Value)}")));
        }

        foreach (var frame in Objects(processor["backtrace"]))
        {
            output.WriteLine($"    {frame["address"]}  {frame["symbol"]?.ToString() ?? "?"}");
        }
    }

    private static string Value(JsonNode? value)
    {
        var text = value?.ToString() ?? "";
        return text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();
}
