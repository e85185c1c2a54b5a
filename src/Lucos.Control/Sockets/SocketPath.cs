using System.Net.Sockets;
using System.Text.RegularExpressions;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Language;

namespace Lucos.Control.Sockets;

/// <summary>Where the control socket of a guest lies: in a folder that only its owner can enter.</summary>
public static class SocketPath
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder: <c>$XDG_RUNTIME_DIR/lucos</c>, or <c>lucos-UID</c> in the folder for temporary files.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime)
            ? Path.Combine(runtime, "lucos")
            : Path.Combine(Path.GetTempPath(), $"lucos-{UserId()}");

    /// <summary>The socket of a guest.</summary>
    /// <param name="guest">The guest's name.</param>
    public static string Of(string guest)
    {
        if (!MapSpec.IsName(guest))
        {
            throw new LucosException(ExitCode.Usage, "bad-name", $"'{guest}' is no name of a guest; it must match {MapSpec.NamePattern}");
        }

        return Path.Combine(Folder, guest + ".sock");
    }

    /// <summary>Names of the guests that have a socket, running or not.</summary>
    public static IReadOnlyList<string> Guests() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "*.sock").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Whether somebody answers at a socket.</summary>
    /// <param name="path">The socket.</param>
    public static bool IsAlive(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            // Its queue is full: the one who listens is there, but stopped or very busy.
            return e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain;
        }
    }

    /// <summary>Makes the folder of a socket and clears away a socket that nobody serves any more.</summary>
    /// <param name="path">The socket.</param>
    /// <exception cref="LucosException">A running guest has it, or the folder is not safely ours.</exception>
    public static void Prepare(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder, OwnerOnly);
        var info = new DirectoryInfo(folder);
        if (info.LinkTarget is not null || (info.UnixFileMode & ~OwnerOnly) != 0)
        {
            throw new LucosException(ExitCode.Usage, "unsafe-folder", $"{folder}: must be a folder of mode 0700 and no link; remove it or set XDG_RUNTIME_DIR");
        }

        if (!File.Exists(path))
        {
            return;
        }

        if (IsAlive(path))
        {
            throw new LucosException(ExitCode.Usage, "name-taken", $"a guest answers at {path} already; give this one another --name");
        }

        File.Delete(path);
    }

    private static string UserId() => File.ReadLines("/proc/self/status")
        .First(l => l.StartsWith("Uid:", StringComparison.Ordinal))
        .Split('\t', StringSplitOptions.RemoveEmptyEntries)[2];
}
