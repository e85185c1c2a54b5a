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
            Try(path, () =>
            {
                File.WriteAllBytes(aside, content);
                File.Move(aside, path, overwrite: true);
                return true;
            });
        }
        finally
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }
        }
    }

    /// <summary>Opens a file that is written bit by bit; one that is there is replaced.</summary>
    /// <param name="path">Where it goes.</param>
    /// <exception cref="LucosException">It can't be written there.</exception>
    public static FileStream Create(string path) => Try(path, () => File.Create(path));

    /// <summary>Makes a folder to write files to, if it is not there.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="LucosException">It can't be made.</exception>
    public static void CreateFolder(string path) => Try(path, () => Directory.CreateDirectory(path));

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

    private static T Try<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LucosException(ExitCode.Usage, "cannot-write", $"{path}: can't be written: {e.Message}");
        }
    }
}
