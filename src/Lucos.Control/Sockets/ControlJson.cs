using System.Text.Json.Nodes;
using Lucos.Abi;
using Lucos.Control.Scenarios.Language;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Sockets;

/// <summary>What the control socket and the commands say of updates, as JSON.</summary>
public static class ControlJson
{
    /// <summary>An update.</summary>
    /// <param name="update">The update.</param>
    public static JsonNode Of(UpdateInfo update) => new JsonObject
    {
        ["id"] = update.Id,
        ["name"] = update.Name,
        ["version"] = update.Version,
        ["state"] = StateNames.Of(update.State),
        ["refusal"] = update.Refusal == Refusal.None ? null : update.Refusal.Id(),
        ["detail"] = update.Detail,
        ["functions"] = new JsonArray([.. update.Functions.Select(f => (JsonNode)f)]),
        ["blockers"] = new JsonArray([.. update.Blockers.Select(Of)]),
        ["pauseMicroseconds"] = Math.Round(update.ApplyPause.TotalMicroseconds, 1),
        ["pauseGuestBlocks"] = update.ApplyPause.Blocks,
        ["rollBackPauseMicroseconds"] = Math.Round(update.RollBackPause.TotalMicroseconds, 1),
        ["appliedAtBlock"] = update.AppliedAtBlock,
    };

    /// <summary>A journal record.</summary>
    /// <param name="record">The record.</param>
    public static JsonNode Of(JournalRecord record) => JsonNode.Parse(record.ToJson())!;

    private static JsonNode Of(Blocker blocker) => new JsonObject
    {
        ["thread"] = blocker.ThreadId,
        ["threadName"] = blocker.ThreadName,
        ["function"] = blocker.Function,
        ["frame"] = blocker.Frame,
        ["kind"] = blocker.Kind.ToString(),
        ["sinceBlock"] = blocker.SinceBlock,
    };
}
