using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>Reads the files that a command line names. Whatever is wrong with one is a usage error that says which file and why.</summary>
internal static class InputFile
{
    /// <summary>Reads a whole file, a pipe too.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maximum">Most bytes read.</param>
    /// <exception cref="LucosException">It is not there, is a folder, can't be read, is empty or too large.</exception>
    public static byte[] Read(string path, int maximum)
    {
        using var stream = Open(path);
        try
        {
            return ReadAtMost(stream, maximum, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Opens a file that is too large to be read at once.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="LucosException">It is not there, is a folder or can't be read.</exception>
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw Wrong("file-is-folder", $"{path}: is a folder; name a file in it");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Wrong("file-not-found", $"{path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>A file's length says nothing of a pipe or a device: reading tells.</summary>
    private static byte[] ReadAtMost(FileStream stream, int maximum, string path)
    {
        using var content = new MemoryStream();
        var chunk = new byte[64 << 10];
        while (stream.Read(chunk) is > 0 and var count)
        {
            content.Write(chunk, 0, count);
            if (content.Length > maximum)
            {
                throw Wrong("file-too-large", $"{path}: more than {maximum} bytes");
            }
        }

        return content.Length > 0 ? content.ToArray() : throw Wrong("file-empty", $"{path}: is empty");
    }

    private static LucosException Unreadable(string path, Exception e) => Wrong("file-unreadable", $"{path}: can't be read: {e.Message}");

    private static LucosException Wrong(string reason, string message) => new(ExitCode.Usage, reason, message);
}
