namespace Lucos.Control.Sockets;

/// <summary>A request that can't be served; it becomes an error reply.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="id">The request's number, or 0.</param>
    /// <param name="reason">Stable identifier.</param>
    /// <param name="message">What was wrong.</param>
    public ProtocolException(long id, string reason, string message)
        : base(message)
    {
        Id = id;
        Reason = reason;
    }

    /// <summary>The request's number, or 0.</summary>
    public long Id { get; }

    /// <summary>Stable identifier.</summary>
    public string Reason { get; }
}
