namespace Lucos.Control.Sockets;

/// <summary>A peer sent a line longer than the protocol allows.</summary>
public sealed class LineTooLongException : Exception
{
    /// <summary>Makes the exception.</summary>
    public LineTooLongException()
        : base($"a line has at most {LineReader.MaximumLength} bytes")
    {
    }
}
