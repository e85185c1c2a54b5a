namespace Lucos.Control.Results;

/// <summary>An expected failure: what it was, by a stable identifier, and the exit code it leads to.</summary>
public sealed class LucosException : Exception
{
    /// <summary>Makes the failure.</summary>
    /// <param name="code">The exit code of a command that ends with it.</param>
    /// <param name="reason">A stable kebab-case identifier, for example <c>kernel-not-found</c>.</param>
    /// <param name="message">What was wrong, where, and what to do.</param>
    public LucosException(ExitCode code, string reason, string message)
        : base(message)
    {
        Code = code;
        Reason = reason;
    }

    /// <summary>The exit code of a command that ends with this failure.</summary>
    public ExitCode Code { get; }

    /// <summary>The stable identifier.</summary>
    public string Reason { get; }
}
