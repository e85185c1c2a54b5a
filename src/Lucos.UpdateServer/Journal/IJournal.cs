namespace Lucos.UpdateServer.Journal;

/// <summary>Where journal records go besides the server's own ring: a file, a log, a live view.</summary>
public interface IJournal
{
    /// <summary>
    /// Takes a record. Called on the thread that runs the guest, with the guest stopped: be quick, do not throw, and do not call the
    /// server from here.
    /// </summary>
    void Write(JournalRecord record);
}
