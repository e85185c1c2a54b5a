using System.Text.Json.Nodes;
using Lucos.Abi;
using Lucos.Control.Scenarios.Language;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Sockets;

/// <summary>What the control socket and the commands say of updates, as JSON.</summary>
public static class ControlJson
{
    /// <summary>An update.</summary>
    /// <param name="update">The update.</param>
    /// <param name="now">The guest's block count, for the age of blockers.</param>
    public static JsonNode Of(UpdateInfo update, ulong now) => new JsonObject
    {
        ["id"] = update.Id,
        ["name"] = update.Name,
        ["version"] = update.Version,
        ["state"] = StateNames.Of(update.State),
        ["refusal"] = update.Refusal == Refusal.None ? null : update.Refusal.Id(),
        ["detail"] = update.Detail,
        ["functions"] = new JsonArray([.. update.Functions.Select(f => (JsonNode)f)]),
        ["activations"] = new JsonObject(update.Functions.Select(f => KeyValuePair.Create(f, (JsonNode?)update.Blockers.Count(b => b.Function == f)))),
        ["stubs"] = update.Stubs,
        ["blockers"] = new JsonArray([.. update.Blockers.Select(b => (JsonNode)Of(b, now))]),
        ["data"] = Of(update.Data),
        ["pauseMicroseconds"] = Math.Round(update.ApplyPause.TotalMicroseconds, 1),
        ["pauseGuestBlocks"] = update.ApplyPause.Blocks,
        ["rollBackPauseMicroseconds"] = Math.Round(update.RollBackPause.TotalMicroseconds, 1),
        ["appliedAtBlock"] = update.AppliedAtBlock,
    };

    /// <summary>A journal record.</summary>
    /// <param name="record">The record.</param>
    public static JsonNode Of(JournalRecord record) => JsonNode.Parse(record.ToJson())!;

    /// <summary>A store to a version of data.</summary>
    /// <param name="entry">The entry of the ledger.</param>
    public static JsonNode Of(LedgerEntry entry) => new JsonObject
    {
        ["block"] = entry.Block,
        ["cpu"] = entry.Cpu,
        ["rip"] = $"0x{entry.Rip:x}",
        ["type"] = entry.Type,
        ["instance"] = $"0x{entry.Instance:x}",
        ["version"] = entry.IsNew ? "new" : "old",
        ["offset"] = entry.Offset,
        ["size"] = entry.Size,
        ["value"] = $"0x{entry.Value:x}",
    };

    private static JsonObject? Of(DataInfo? data) => data is null ? null : new JsonObject
    {
        ["types"] = new JsonArray([.. data.Types.Select(type => (JsonNode)type)]),
        ["monitored"] = data.IsMonitored,
        ["instances"] = data.Instances,
        ["intercepted"] = data.Intercepted,
        ["transfers"] = data.Transfers,
        ["falseSharing"] = data.FalseSharing,
        ["sharedHead"] = data.SharedHeadStores,
        ["putOff"] = data.PutOff,
        ["madeUp"] = data.MadeUp,
        ["ledgerEntries"] = data.LedgerEntries,
    };

    private static JsonObject Of(Blocker blocker, ulong now) => new JsonObject
    {
        ["thread"] = blocker.ThreadId,
        ["threadName"] = blocker.ThreadName,
        ["function"] = blocker.Function,
        ["frame"] = blocker.Frame,
        ["kind"] = blocker.Kind.ToString(),
        ["sinceBlock"] = blocker.SinceBlock,
        ["ageBlocks"] = now - Math.Min(now, blocker.SinceBlock),
    };
}
