using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>What answers about updates look like for people, and which exit codes they lead to.</summary>
internal static class UpdateAnswers
{
    /// <summary>Reports a refusal.</summary>
    public static ExitCode Refused(ResultWriter writer, string verb, JsonObject answer, string refusal)
    {
        writer.Result(verb, answer, o => o.WriteLine($"refused: {refusal}: {answer["detail"]}\n  what to do: {answer["whatToDo"]}"));
        return refusal switch
        {
            "cancelled" => ExitCode.TimedOut,
            "already-applied" when verb == "plan" => ExitCode.Done,
            _ => ExitCode.Refused,
        };
    }

    /// <summary>An update in some lines, with who keeps it from finishing.</summary>
    public static string Describe(JsonObject update)
    {
        var lines = new List<string> { $"{update["name"]} {update["version"]}: {update["state"]}" };
        if (update["refusal"] is { } refusal)
        {
            lines.Add($"  {refusal}: {update["detail"]}");
        }

        if (update["functions"] is JsonArray { Count: > 0 } functions)
        {
            lines.Add($"  {Effect(update, string.Join(", ", functions.Select(f => f!.GetValue<string>())))}");
        }

        if (update["data"] is JsonObject data)
        {
            lines.Add($"  changes {string.Join(", ", ((JsonArray)data["types"]!).Select(t => t!.GetValue<string>()))}: {data["instances"]} instances monitored, {data["intercepted"]} stores intercepted, {data["transfers"]} transfers, {data["falseSharing"]} stores beside them");
            if ((ulong?)data["putOff"] is > 0)
            {
                lines.Add($"  {data["putOff"]} transfers put off, {data["madeUp"]} of them made up by reads");
            }
        }

        foreach (var blocker in (update["blockers"] as JsonArray ?? []).OfType<JsonObject>())
        {
            lines.Add($"  waits for thread {blocker["thread"]} ({blocker["threadName"]}) in {blocker["function"]}, frame {blocker["frame"]}, {blocker["kind"]}, since block {blocker["sinceBlock"]}, for {blocker["ageBlocks"]}");
        }

        return string.Join('\n', lines);
    }

    private static string Effect(JsonObject update, string functions) => (string?)update["state"] is "rolling-back" or "rolled-back"
        ? $"gave back {functions}; the guest stood still for {update["rollBackPauseMicroseconds"]} us"
        : $"replaces {functions}; the guest stood still for {update["pauseMicroseconds"]} us";
}
