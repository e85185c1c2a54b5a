using System.Diagnostics;
using System.Text;

namespace Lucos.Guest.Tests.Commands;

/// <summary>The <c>lucos</c> program in the foreground of a terminal of its own, as a person starts it.</summary>
internal sealed class TerminalProcess : IDisposable
{
    private readonly PseudoTerminal _terminal;
    private readonly string _settings;
    private readonly Process _process;
    private readonly Task _reading;
    private readonly TerminalScreen _screen;
    private readonly List<(Func<TerminalScreen, bool> Condition, TaskCompletionSource Seen)> _awaited = [];

    private TerminalProcess(string runtimeFolder, int columns, int rows, string[] arguments)
    {
        _terminal = new PseudoTerminal(columns, rows);
        _screen = new TerminalScreen(columns, rows);
        _settings = _terminal.Settings;
        var start = new ProcessStartInfo("sh", ["-c", "exec setsid --ctty dotnet \"$@\" <\"$0\" >\"$0\" 2>\"$0\"", _terminal.Path, typeof(Lucos.Cli.LucosProgram).Assembly.Location, .. arguments]);
        start.Environment["XDG_RUNTIME_DIR"] = runtimeFolder;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(runtimeFolder, "state");
        start.Environment["TERM"] = "xterm";
        _process = Process.Start(start)!;
        _reading = Task.Run(Read);
    }

    internal static TerminalProcess Start(string runtimeFolder, int columns, int rows, params string[] arguments) => new(runtimeFolder, columns, rows, arguments);

    /// <summary>Ends when the screen shows something; what it shows then.</summary>
    internal async Task<string> SeeAsync(Func<TerminalScreen, bool> condition, CancellationToken cancel)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_screen)
        {
            _awaited.Add((condition, seen));
            Announce();
        }

        await seen.Task.WaitAsync(cancel);
        lock (_screen)
        {
            return _screen.Text;
        }
    }

    internal void Type(string text) => _terminal.Type(text);

    /// <summary>Waits for its end; the terminal is as it was.</summary>
    internal async Task<(int Code, TerminalScreen Screen)> EndAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        Assert.That(_terminal.Settings, Is.EqualTo(_settings), "the terminal's settings");
        _terminal.Close();
        await _reading.WaitAsync(cancel);
        return (_process.ExitCode, _screen);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _terminal.Dispose();
    }

    private void Read()
    {
        var buffer = new byte[4096];
        while (_terminal.Read(buffer) is > 0 and var count)
        {
            lock (_screen)
            {
                _screen.Write(Encoding.UTF8.GetString(buffer, 0, count));
                Announce();
            }
        }
    }

    private void Announce() => _awaited.Where(a => a.Condition(_screen)).ToList().ForEach(a => a.Seen.TrySetResult());
}
