using System.Globalization;
using System.Text.Json.Nodes;

namespace Lucos.Cli.Commands;

/// <summary>Updates in words, from what the control socket says of them.</summary>
internal static class UpdateText
{
    private const uint NoThread = uint.MaxValue;

    /// <summary>An update in some lines, with who keeps it from finishing.</summary>
    public static IReadOnlyList<string> Describe(JsonObject update) =>
    [
        $"{update["name"]} {update["version"]}: {update["state"]}",
        .. update["refusal"] is { } refusal ? new[] { $"  {refusal}: {update["detail"]}" } : [],
        .. Functions(update),
        .. update["data"] is JsonObject data ? Data(data) : [],
        .. IsUnderWay(update) ? Waiting(update).Select(w => $"  waits for {w}") : [],
    ];

    /// <summary>The same among others: one that is over in short.</summary>
    public static IReadOnlyList<string> DescribeAmongOthers(JsonObject update) =>
        (string?)update["state"] is "rolled-back" or "refused" or "aborted" ? [.. Describe(update).Take(update["refusal"] is null ? 1 : 2)] : Describe(update);

    /// <summary>Whether somebody is still awaited in the code that it leaves.</summary>
    public static bool IsUnderWay(JsonObject update) => (string?)update["state"] is "draining" or "rolling-back";

    /// <summary>Who or what an update that is under way waits for, one text each.</summary>
    public static IReadOnlyList<string> Waiting(JsonObject update) => (update["blockers"] as JsonArray)?.OfType<JsonObject>().ToList() is { Count: > 0 } blockers
        ? [.. blockers.Select(Blocker)]
        : ["the guest's Update Manager, which calls back or frees what is no longer used"];

    /// <summary>Somebody who stands in code that an update leaves, or would leave.</summary>
    public static string Blocker(JsonObject blocker)
    {
        var who = blocker["thread"]!.GetValue<uint>() == NoThread ? $"{blocker["threadName"]}" : $"thread {blocker["thread"]} ({blocker["threadName"]})";
        var since = blocker["ageMilliseconds"] is { } age ? $", there for {Age(age.GetValue<ulong>())}" : "";
        var doing = blocker["waitingOn"] is { } queue ? $"asleep on {queue}" : "running or ready to run";
        return $"{who} in {blocker["function"]}, frame {blocker["frame"]}, {doing}{since}";
    }

    /// <summary>A request that the Update Manager has not answered.</summary>
    public static string Request(JsonObject request) =>
        $"request {request["id"]}, {request["kind"]} {request["name"]}: the guest's Update Manager {((string?)request["phase"] == "taken" ? "works on it" : "has not taken it yet")}";

    /// <summary>A number for people.</summary>
    public static string Number(JsonNode? value) => value is null ? "0" : value.GetValue<ulong>().ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>How many there are of something.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called; several get an s.</param>
    public static string Count(JsonNode? count, string one) => $"{Number(count)} {one}{(count?.GetValue<ulong>() == 1 ? "" : "s")}";

    /// <summary>A changed data structure in a line, without its name.</summary>
    public static string Type(JsonObject type) =>
        $"{type["source"]}, {type["placement"]}, {type["interception"]}, {type["transfer"]}; {Number(type["oldSize"])} bytes become {Number(type["newSize"])}";

    private static string Age(ulong milliseconds)
    {
        var age = TimeSpan.FromMilliseconds(milliseconds);
        return age.TotalMinutes < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0.0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalMinutes):0} min {age.Seconds} s");
    }

    private static IEnumerable<string> Functions(JsonObject update)
    {
        if (update["functions"] is not JsonArray { Count: > 0 } functions)
        {
            yield break;
        }

        var isBackward = (string?)update["state"] is "rolling-back" or "rolled-back";
        var pause = update[isBackward ? "rollBackPauseMicroseconds" : "pauseMicroseconds"];
        yield return $"  {(isBackward ? "gave back" : "replaces")} {string.Join(", ", functions.Select(f => $"{f}"))}; the guest stood still for {pause} us";
        if (IsUnderWay(update) && update["activations"] is JsonObject activations && activations.Any(a => a.Value!.GetValue<int>() > 0))
        {
            yield return $"  awaited: {string.Join(", ", activations.Select(a => $"{a.Value} in {a.Key}"))}";
        }
    }

    private static IEnumerable<string> Data(JsonObject data)
    {
        var types = string.Join(", ", ((JsonArray)data["types"]!).Select(t => $"{t}"));
        yield return $"  changes {types}: {(data["monitored"]!.GetValue<bool>() ? $"{Count(data["instances"], "instance")} monitored" : "nothing monitored now")}";
        yield return $"  {Count(data["intercepted"], "store")} intercepted, {Count(data["transfers"], "transfer")}, "
            + $"{Number(data["falseSharing"])} by false sharing, {Number(data["sharedHead"])} to shared heads";
        if ((ulong?)data["putOff"] is > 0)
        {
            yield return $"  {Count(data["putOff"], "transfer")} put off, {Number(data["madeUp"])} of them made up by reads; {Count(data["outOfDate"], "instance")} out of date now";
        }

        if (data["ledgerEntries"] is { } ledger)
        {
            yield return $"  coherence verified: {Count(ledger, "store")} in the ledger";
        }
    }
}
