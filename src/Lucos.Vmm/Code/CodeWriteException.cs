namespace Lucos.Vmm.Code;

/// <summary>Guest code could not be written; nothing was changed.</summary>
public sealed class CodeWriteException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CodeWriteException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public CodeWriteException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public CodeWriteException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
