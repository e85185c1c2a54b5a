using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>Writes the files that a command line names.</summary>
internal static class OutputFile
{
    /// <summary>Nobody ever sees half a file: it is written aside and then renamed.</summary>
    /// <param name="path">Where it goes.</param>
    /// <param name="content">What is in it.</param>
    /// <exception cref="LucosException">It can't be written there; nothing is left behind.</exception>
    public static void Write(string path, byte[] content)
    {
        var aside = $"{path}.{Environment.ProcessId}.part";
        try
        {
            File.WriteAllBytes(aside, content);
            File.Move(aside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LucosException(ExitCode.Usage, "cannot-write", $"{path}: can't be written: {e.Message}");
        }
        finally
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }
        }
    }

    /// <summary>Says at once, before long work, that there is no such folder.</summary>
    /// <param name="path">Where a file will go.</param>
    /// <exception cref="LucosException">Its folder does not exist.</exception>
    public static void RequireFolder(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
        {
            throw new LucosException(ExitCode.Usage, "cannot-write", $"{path}: can't be written: there is no folder {folder}; make it first");
        }
    }
}
