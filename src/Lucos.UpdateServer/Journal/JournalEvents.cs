namespace Lucos.UpdateServer.Journal;

/// <summary>Names of journal events. Frozen: readers of history files rely on them.</summary>
public static class JournalEvents
{
    /// <summary>The Update Manager made itself known.</summary>
    public const string Registered = "registered";

    /// <summary>An operator submitted a request.</summary>
    public const string Requested = "requested";

    /// <summary>The manager took a request.</summary>
    public const string Fetched = "fetched";

    /// <summary>The manager answered a request.</summary>
    public const string Answered = "answered";

    /// <summary>A request was withdrawn.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Jumps were written and somebody is still in old code.</summary>
    public const string Draining = "draining";

    /// <summary>Jumps are written and nobody is in old code.</summary>
    public const string Finished = "finished";

    /// <summary>Old bytes are back and somebody is still in new code.</summary>
    public const string RollingBack = "rolling-back";

    /// <summary>Old bytes are back and nobody is in new code.</summary>
    public const string RolledBack = "rolled-back";

    /// <summary>The guest freed the module of a rolled-back update.</summary>
    public const string Released = "released";

    /// <summary>The server refused.</summary>
    public const string Refused = "refused";

    /// <summary>A step failed; everything before it was undone.</summary>
    public const string Aborted = "aborted";

    /// <summary>The manager refused inside the guest.</summary>
    public const string GuestRefused = "guest-refused";

    /// <summary>The manager notes something.</summary>
    public const string GuestNote = "guest-note";

    /// <summary>A state transfer failed while both versions of data lived: the old code is back.</summary>
    public const string Failed = "failed";

    /// <summary>Nobody is left who handles a type, though others are awaited: its monitoring has ended.</summary>
    public const string TypeLeft = "type-left";

    /// <summary>One version of changed data was given up: monitoring has ended.</summary>
    public const string Retired = "retired";

    /// <summary>The manager does not fetch events: the oldest were dropped.</summary>
    public const string EventsDropped = "events-dropped";

    /// <summary>A place could not be undone: guest memory is not as the books say.</summary>
    public const string Inconsistent = "inconsistent";

    /// <summary>A defect of the server; the detail holds the exception.</summary>
    public const string Internal = "internal";
}
