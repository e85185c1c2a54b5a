using System.Diagnostics;

namespace Lucos.Cli.Consoles;

/// <summary>
/// Has the terminal on standard input pass keys on as they are typed, and puts it back as it was when disposed of. Output
/// processing stays on.
/// </summary>
internal sealed class RawTerminal : IDisposable
{
    private readonly string _saved;

    private RawTerminal(string saved) => _saved = saved;

    /// <summary>Switches, if standard input is a terminal and can be switched.</summary>
    public static RawTerminal? Enter()
    {
        if (Console.IsInputRedirected || Stty("-g") is not { Length: > 0 } saved)
        {
            return null;
        }

        Stty("-icanon", "-echo", "-isig", "-ixon", "-icrnl", "min", "1", "time", "0");
        return new RawTerminal(saved.Trim());
    }

    /// <inheritdoc/>
    public void Dispose() => Stty(_saved);

    /// <summary>
    /// All three streams are redirected and the terminal is named: a child that shares a stream with us would have the runtime put
    /// its own terminal settings back when the child ends, and undo the switch.
    /// </summary>
    private static string? Stty(params IReadOnlyList<string> settings)
    {
        try
        {
            var start = new ProcessStartInfo("stty", ["-F", $"/proc/{Environment.ProcessId}/fd/0", .. settings])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start);
            var output = process?.StandardOutput.ReadToEnd();
            process?.WaitForExit();
            return process?.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
