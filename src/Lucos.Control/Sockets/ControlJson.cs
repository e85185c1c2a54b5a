using System.Text.Json;
using System.Text.Json.Nodes;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Language;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.Control.Sockets;

/// <summary>What the control socket and the commands say of updates, as JSON.</summary>
public static class ControlJson
{
    /// <summary>An update.</summary>
    /// <param name="update">The update.</param>
    /// <param name="now">The guest's time, for the age of blockers.</param>
    public static JsonNode Of(UpdateInfo update, GuestTime now) => new JsonObject
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

    /// <summary>A request that the Update Manager has not answered.</summary>
    /// <param name="request">The request.</param>
    public static JsonObject Of(OpenRequest request) => new()
    {
        ["id"] = request.Id,
        ["kind"] = Word(request.Kind),
        ["name"] = request.Name,
        ["phase"] = request.IsTaken ? "taken" : "waiting",
        ["sinceBlock"] = request.SinceBlock,
    };

    /// <summary>A journal record.</summary>
    /// <param name="record">The record.</param>
    public static JsonNode Of(JournalRecord record) => JsonNode.Parse(record.ToJson())!;

    /// <summary>A store to a version of data.</summary>
    /// <param name="entry">The entry of the ledger.</param>
    /// <param name="number">Its number among all that there have been, from 1.</param>
    /// <param name="type">Name of the data structure.</param>
    /// <param name="function">The function that the instruction belongs to, with the offset in it; null where that is not known.</param>
    public static JsonNode Of(LedgerEntry entry, long number, string type, string? function) => new JsonObject
    {
        ["number"] = number,
        ["block"] = entry.Block,
        ["cpu"] = entry.Cpu,
        ["rip"] = $"0x{entry.Rip:x}",
        ["function"] = function,
        ["type"] = type,
        ["instance"] = $"0x{entry.Instance:x}",
        ["version"] = entry.IsNew ? "new" : "old",
        ["offset"] = entry.Offset,
        ["size"] = entry.Size,
        ["value"] = $"0x{entry.Value:x}",
    };

    private static JsonObject? Of(DataInfo? data) => data is null ? null : new JsonObject
    {
        ["types"] = new JsonArray([.. data.Types.Select(type => (JsonNode)type.Name)]),
        ["typeDetails"] = new JsonArray([.. data.Types.Select(type => (JsonNode)Of(type))]),
        ["monitored"] = data.IsMonitored,
        ["instances"] = data.Instances,
        ["intercepted"] = data.Intercepted,
        ["transfers"] = data.Transfers,
        ["falseSharing"] = data.FalseSharing,
        ["sharedHead"] = data.SharedHeadStores,
        ["putOff"] = data.PutOff,
        ["madeUp"] = data.MadeUp,
        ["outOfDate"] = data.OutOfDate,
        ["ledgerEntries"] = data.LedgerEntries,
    };

    private static JsonObject Of(TypeInfo type) => new()
    {
        ["name"] = type.Name,
        ["source"] = Word(type.Source),
        ["placement"] = Word(type.Placement),
        ["interception"] = Word(type.Interception),
        ["transfer"] = Word(type.Transfer),
        ["oldSize"] = type.OldSize,
        ["newSize"] = type.NewSize,
        ["preservedFields"] = type.PreservedFields,
        ["instances"] = type.Instances,
        ["left"] = type.IsLeft,
    };

    /// <summary>What applying a package would meet.</summary>
    /// <param name="forecast">The Update Manager's forecast.</param>
    public static JsonObject Of(Forecast forecast) => new()
    {
        ["functions"] = new JsonArray([.. forecast.Functions.Select(f => (JsonNode)new JsonObject { ["name"] = f.Key, ["activations"] = f.Value })]),
        ["types"] = new JsonArray([.. forecast.Types.Select(t => (JsonNode)new JsonObject { ["name"] = t.Key, ["instances"] = t.Value })]),
        ["blockers"] = new JsonArray([.. forecast.Contexts.Select(c => (JsonNode)Who(c.ThreadId, c.ThreadName, c.Function, c.Frame, c.Kind, c.WaitingOn))]),
    };

    private static JsonObject Of(Blocker blocker, GuestTime now)
    {
        var who = Who(blocker.ThreadId, blocker.ThreadName, blocker.Function, blocker.Frame, blocker.Kind, blocker.WaitingOn);
        who["sinceBlock"] = blocker.SinceBlock;
        who["ageBlocks"] = now.Block - Math.Min(now.Block, blocker.SinceBlock);
        who["ageMilliseconds"] = (now.Nanoseconds - Math.Min(now.Nanoseconds, blocker.SinceNanoseconds)) / 1_000_000;
        return who;
    }

    private static JsonObject Who(uint thread, string name, string function, uint frame, ContextKind kind, string waitingOn) => new()
    {
        ["thread"] = thread,
        ["threadName"] = name,
        ["function"] = function,
        ["frame"] = frame,
        ["kind"] = kind.ToString(),
        ["waitingOn"] = waitingOn.Length == 0 ? null : waitingOn,
    };

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
