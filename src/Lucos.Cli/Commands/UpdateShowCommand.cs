using System.CommandLine;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos update show NAME [--ledger]</c>.</summary>
internal sealed class UpdateShowCommand : LucosCommand
{
    private const int MostEntries = 4096;
    private const int UsualEntries = 256;

    /// <summary>Makes the command.</summary>
    public UpdateShowCommand(Terminal terminal, Option<string?> guest)
        : base(
            "show",
            "Show one update: who is awaited where, and what becomes of its data",
            "lucos update show pipe-ring",
            "lucos update show pipe-ring --ledger",
            "lucos update show pipe-ring --ledger --limit 4096 -o json | jq '.ledger.entries[].function'")
    {
        var name = new Argument<string>("NAME") { Description = "The update's name; the youngest one of that name" };
        var ledger = new Option<bool>("--ledger") { Description = "Also the newest stores to its data, if it was applied with --verify-coherence" };
        var limit = new Option<int>("--limit") { Description = $"With --ledger: at most so many stores, 1 to {MostEntries}", HelpName = "N", DefaultValueFactory = _ => UsualEntries };
        limit.Validators.Add(result => CommonOptions.CheckRange(result, 1, MostEntries, $"--limit must be 1 to {MostEntries}: older stores are not kept."));
        Validators.Add(result => CommonOptions.RequireWith(result, limit, ledger));
        Add(name);
        Add(ledger);
        Add(limit);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            await using var client = await ControlClient.ConnectAsync(parsed.GetValue(guest), cancel).ConfigureAwait(false);
            var status = await client.AskAsync("status", parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            var shown = new JsonObject { ["update"] = ((JsonArray)status["updates"]!)[^1]!.DeepClone() };
            if (parsed.GetValue(ledger))
            {
                shown["ledger"] = await client.LedgerAsync(parsed.GetRequiredValue(name), parsed.GetValue(limit), cancel).ConfigureAwait(false);
            }

            writer.Result("show", shown, o => Write(o, shown));
            return ExitCode.Done;
        });
    }

    private static void Write(TextWriter output, JsonObject shown)
    {
        var update = (JsonObject)shown["update"]!;
        output.WriteLine(string.Join('\n', UpdateText.Describe(update)));
        foreach (var type in (update["data"]?["typeDetails"] as JsonArray ?? []).OfType<JsonObject>())
        {
            output.WriteLine($"  type {type["name"]}: {UpdateText.Type(type)}");
            output.WriteLine($"    {UpdateText.Count(type["instances"], "instance")}, {UpdateText.Count(type["preservedFields"], "preserved field")}");
            if (type["left"]?.GetValue<bool>() == true)
            {
                output.WriteLine("    nobody is left who handles it: not monitored any more");
            }
        }

        if (shown["ledger"] is JsonObject ledger)
        {
            WriteLedger(output, ledger);
        }
    }

    private static void WriteLedger(TextWriter output, JsonObject ledger)
    {
        var entries = ((JsonArray)ledger["entries"]!).OfType<JsonObject>().ToList();
        output.WriteLine(ledger["kept"]?.GetValue<bool>() == true
            ? $"  ledger: {UpdateText.Count(ledger["total"], "store")} in all{(entries.Count > 0 ? $", here {entries[0]["number"]} to {entries[^1]["number"]}" : "")}"
            : "  no ledger is kept: it changes no data, or was applied without\n  --verify-coherence");
        foreach (var entry in entries)
        {
            output.WriteLine(
                $"  {entry["number"],6} block {entry["block"],-10} vCPU {entry["cpu"]} {entry["version"]} {entry["type"]} {entry["instance"]}+0x{entry["offset"]!.GetValue<uint>():x}"
                + $" = {entry["value"]} ({entry["size"]} bytes) by {entry["function"] ?? "unknown code"}, rip {entry["rip"]}");
        }
    }
}
