namespace Lucos.Vmm.Boot;

/// <summary>A machine can't be set up as asked. The message starts with a stable identifier.</summary>
public sealed class BootException : Exception
{
    /// <summary>Creates the exception.</summary>
    public BootException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public BootException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public BootException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
