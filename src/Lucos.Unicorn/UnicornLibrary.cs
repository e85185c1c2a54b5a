using System.Runtime.InteropServices;
using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>Finds and loads the emulator library, and tells which one it is.</summary>
public static class UnicornLibrary
{
    private const string FileName = "libunicorn.so.2";
    private static readonly string s_relative = Path.Combine(".native", "usr", "lib", "x86_64-linux-gnu", FileName);

    /// <summary>Version of the loaded library.</summary>
    /// <exception cref="UnicornException">The library can't be found.</exception>
    public static unsafe UnicornVersion Version
    {
        get
        {
            try
            {
                return UnicornVersion.Decode(UnicornApi.uc_version(null, null));
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
            {
                throw e.InnerException as UnicornException ?? Missing(e);
            }
        }
    }

    /// <summary>What <c>LUCOS_UNICORN_SHORTCUTS</c> allows: all, or none to find out whether one of them is to blame for something.</summary>
    /// <exception cref="UnicornException">It says something else.</exception>
    public static EngineShortcuts AllowedShortcuts =>
        Environment.GetEnvironmentVariable("LUCOS_UNICORN_SHORTCUTS") switch
        {
            null or "" or "all" => EngineShortcuts.All,
            "none" => EngineShortcuts.None,
            var other => throw new UnicornException($"unicorn-shortcuts: LUCOS_UNICORN_SHORTCUTS is \"{other}\"; it can be all or none"),
        };

    /// <summary>
    /// Places where the library is looked for, best first: <c>LUCOS_UNICORN</c>, then <c>.native/</c> upward from the program, then the system's.
    /// </summary>
    public static IEnumerable<string> Candidates()
    {
        string? named = Environment.GetEnvironmentVariable("LUCOS_UNICORN");
        if (!string.IsNullOrEmpty(named))
        {
            yield return named;
            yield break;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, s_relative);
            if (File.Exists(path))
            {
                yield return path;
            }
        }

        yield return FileName;
    }

    internal static nint Load()
    {
        foreach (string candidate in Candidates())
        {
            if (NativeLibrary.TryLoad(candidate, out nint library))
            {
                return library;
            }
        }

        throw Missing(null);
    }

    private static UnicornException Missing(Exception? cause)
    {
        string message = "unicorn-missing: no libunicorn.so.2 could be loaded (tried: " + string.Join(", ", Candidates())
            + "). Run tools/lucos, which unpacks one into .native/, or set LUCOS_UNICORN to its path.";
        return cause is null ? new UnicornException(message) : new UnicornException(message, cause);
    }
}
