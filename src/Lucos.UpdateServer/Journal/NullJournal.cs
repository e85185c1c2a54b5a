namespace Lucos.UpdateServer.Journal;

/// <summary>A journal that keeps nothing; the server's ring still does.</summary>
public sealed class NullJournal : IJournal
{
    /// <summary>The one there needs to be.</summary>
    public static NullJournal Instance { get; } = new();

    private NullJournal()
    {
    }

    /// <inheritdoc/>
    public void Write(JournalRecord record)
    {
    }
}
