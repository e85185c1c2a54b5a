using Microsoft.Win32.SafeHandles;

namespace Lucos.Cli.Consoles;

/// <summary>Standard input as it is. The runtime's own stream edits and echoes lines itself where a terminal is behind it.</summary>
internal static class StandardInput
{
    private const int Descriptor = 0;

    /// <summary>Opens it, without a buffer; closing the stream leaves standard input open. One that is closed or a folder reads as empty.</summary>
    public static Stream Open()
    {
        try
        {
            return new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is ArgumentException or UnauthorizedAccessException)
        {
            return Stream.Null;
        }
    }
}
