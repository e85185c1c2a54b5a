namespace Lucos.Control.Recording;

/// <summary>A record can't be read. The message says where and what.</summary>
public sealed class RecordException : Exception
{
    /// <summary>Creates the exception.</summary>
    public RecordException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public RecordException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public RecordException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
