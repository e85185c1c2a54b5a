using System.Text.Json.Nodes;

namespace Lucos.Cli.Commands;

/// <summary>
/// Decides when there is something new to say about an update that is waited for: once at the beginning, and when its state or who it waits
/// for changes, but not more often than an interval allows.
/// </summary>
internal sealed class WaitLog(TimeSpan interval)
{
    /// <summary>Blockers that a line names; the others are counted.</summary>
    public const int Named = 3;

    // The Update Manager's own part is over before anybody could read of it.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private string _said = "";
    private TimeSpan _last;
    private TimeSpan? _since;

    /// <summary>Looks at the update.</summary>
    /// <param name="now">A time that grows.</param>
    /// <param name="update">The update as it is now.</param>
    /// <returns>Whether it is to be told.</returns>
    public bool IsNews(TimeSpan now, JsonObject update)
    {
        var key = Key(update);
        _since ??= now;
        if (_said.Length == 0 && now - _since < s_patience && update["blockers"] is not JsonArray { Count: > 0 })
        {
            return false;
        }

        if (key == _said || (_said.Length > 0 && now - _last < interval))
        {
            return false;
        }

        (_said, _last) = (key, now);
        return true;
    }

    /// <summary>The update in a line.</summary>
    public static string Line(JsonObject update)
    {
        var waiting = UpdateText.Waiting(update);
        var more = waiting.Count > Named ? $"; and {waiting.Count - Named} more" : "";
        var reason = update["refusal"] is { } refusal ? $" ({refusal}: {update["detail"]})" : "";
        return $"{update["name"]} is {update["state"]}{reason}: waits for {string.Join("; ", waiting.Take(Named))}{more}";
    }

    private static string Key(JsonObject update)
    {
        var blockers = (update["blockers"] as JsonArray ?? []).OfType<JsonObject>().Select(b => $"{b["thread"]} {b["threadName"]} {b["function"]}");
        return $"{update["state"]} {string.Join('|', blockers.Order(StringComparer.Ordinal))}";
    }
}
