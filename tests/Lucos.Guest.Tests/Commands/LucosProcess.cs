using System.Diagnostics;
using System.Text;

namespace Lucos.Guest.Tests.Commands;

/// <summary>The <c>lucos</c> program as a process of its own, with a runtime folder of its own for control sockets.</summary>
internal sealed class LucosProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];
    private readonly List<string> _errorLines = [];
    private readonly List<(int Count, TaskCompletionSource Seen)> _awaitedErrors = [];
    private Task _reading = Task.CompletedTask;
    private readonly Task<string> _errors;
    private readonly TaskCompletionSource<string> _firstError = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LucosProcess(string runtimeFolder, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Lucos.Cli.LucosProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_RUNTIME_DIR"] = runtimeFolder;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(runtimeFolder, "state");
        _process = Process.Start(start)!;
        _errors = ReadErrorsAsync();
    }

    /// <summary>The first line of standard error.</summary>
    public Task<string> FirstError => _firstError.Task;

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static LucosProcess Start(string runtimeFolder, params string[] arguments)
    {
        var process = StartUnread(runtimeFolder, arguments);
        process.BeginReading();
        return process;
    }

    /// <summary>Starts one whose standard output nobody reads.</summary>
    public static LucosProcess StartUnread(string runtimeFolder, params string[] arguments) => new(runtimeFolder, arguments);

    public static async Task<(int Code, string Output, string Errors)> RunAsync(string runtimeFolder, CancellationToken cancel, params string[] arguments)
    {
        using var process = Start(runtimeFolder, arguments);
        var (code, errors) = await process.EndAsync(cancel);
        return (code, process.Output, errors);
    }

    public void BeginReading() => _reading = ReadAsync();

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends when a text is in the output.</summary>
    public async Task SeeAsync(string text, CancellationToken cancel)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            _awaited.Add((text, seen));
        }

        Announce();
        await seen.Task.WaitAsync(cancel);
    }

    /// <summary>Waits for so many lines of standard error; all that there are then.</summary>
    public async Task<IReadOnlyList<string>> SeeErrorsAsync(int count, CancellationToken cancel)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_errorLines)
        {
            _awaitedErrors.Add((count, seen));
            AnnounceErrors();
        }

        await seen.Task.WaitAsync(cancel);
        lock (_errorLines)
        {
            return [.. _errorLines];
        }
    }

    public async Task SignalAsync(string signal, CancellationToken cancel)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{Id}"]);
        await kill.WaitForExitAsync(cancel);
    }

    public async Task<(int Code, string Errors)> EndAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        await _reading.WaitAsync(cancel);
        return (_process.ExitCode, await _errors.WaitAsync(cancel));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<string> ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _firstError.TrySetResult(line);
            lock (_errorLines)
            {
                _errorLines.Add(line);
                AnnounceErrors();
            }
        }

        _firstError.TrySetResult("");
        return string.Concat(_errorLines.Select(line => line + '\n'));
    }

    private void AnnounceErrors() => _awaitedErrors.Where(a => _errorLines.Count >= a.Count).ToList().ForEach(a => a.Seen.TrySetResult());

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }

            Announce();
        }
    }

    private void Announce()
    {
        lock (_output)
        {
            var text = _output.ToString();
            _awaited.Where(a => text.Contains(a.Text, StringComparison.Ordinal)).ToList().ForEach(a => a.Seen.TrySetResult());
        }
    }
}
