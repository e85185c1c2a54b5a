using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>The emulator library is missing, too old, of an unknown layout, or refused a call. The message says what to do.</summary>
public sealed class UnicornException : Exception
{
    /// <summary>Creates the exception.</summary>
    public UnicornException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public UnicornException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public UnicornException(string message, Exception inner)
        : base(message, inner)
    {
    }

    internal static unsafe void ThrowIfFailed(UcError error, string call)
    {
        if (error != UcError.Ok)
        {
            string text = Marshal.PtrToStringUTF8((nint)UnicornApi.uc_strerror(error)) ?? "unknown error";
            throw new UnicornException($"unicorn-call-failed: {call}: {text} ({(int)error})");
        }
    }
}
