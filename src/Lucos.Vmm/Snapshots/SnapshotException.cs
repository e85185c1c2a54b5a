namespace Lucos.Vmm.Snapshots;

/// <summary>
/// A snapshot can't be taken, written, read or restored. The message begins with a stable identifier, and says what is wrong and where.
/// </summary>
public sealed class SnapshotException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SnapshotException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public SnapshotException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SnapshotException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>The stable identifier that the message begins with, such as <c>snapshot-damaged</c>.</summary>
    public string Reason => Message.Contains(':', StringComparison.Ordinal) ? Message[..Message.IndexOf(':', StringComparison.Ordinal)] : "snapshot";
}
