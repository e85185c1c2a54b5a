using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Lucos.Control.Debugging;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucos.Guest.Tests.Debugging;

/// <summary>A guest at its shell's prompt, to which Debian's gdb attaches in batch mode.</summary>
internal sealed class DebuggedGuest : IAsyncDisposable
{
    private const string Typist = "typist";

    private readonly GdbServer _server;
    private readonly CancellationToken _cancel;
    private readonly ConsoleLog _console = new();
    private readonly TaskCompletionSource _prompted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DebuggedGuest(int cpus, CancellationToken cancel)
    {
        _cancel = cancel;
        Host = new GuestHost(() => UpdatableGuest.Start(new GuestSettings { Cpus = cpus }));
        _server = new GdbServer(Host, new GdbServerOptions(new IPEndPoint(IPAddress.Loopback, 0)), NullLogger<GdbServer>.Instance);
        Host.ConsoleOutput += bytes =>
        {
            _console.Append(bytes.Span);
            if (_console.Since(0).EndsWith("$ "))
            {
                _prompted.TrySetResult();
            }
        };
    }

    internal GuestHost Host { get; }

    internal IPEndPoint EndPoint { get; private set; } = null!;

    internal static async Task<DebuggedGuest> StartAsync(CancellationToken cancel, int cpus = 1)
    {
        var guest = new DebuggedGuest(cpus, cancel);
        guest.Host.Start();
        await guest._server.StartAsync(cancel);
        guest.EndPoint = await guest._server.Listening;
        await guest._prompted.Task.WaitAsync(cancel);
        return guest;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        Host.Dispose();
    }

    /// <summary>Types, waits until the console ends in some text that comes of it, and returns all that was said.</summary>
    internal async Task<string> TypeAsync(string typed, string end)
    {
        var start = _console.End;
        await Host.TypeAsync(Encoding.UTF8.GetBytes(typed));
        while (!await Host.InvokeAsync(_ => IsBehind(start, typed.TrimEnd(), end)).WaitAsync(_cancel))
        {
        }

        return await Host.InvokeAsync(_ => _console.Since(start).ToString()).WaitAsync(_cancel);
    }

    private bool IsBehind(long start, string typed, string end) =>
        _console.Since(start) is var text && text.Contains(typed, StringComparison.Ordinal) && text.EndsWith(end, StringComparison.Ordinal);

    internal Task<string> GdbAsync(params string[] commands) => GdbWhileAsync(_ => Task.CompletedTask, commands);

    /// <summary>Runs gdb; what is typed reaches the guest once gdb lets it run.</summary>
    internal async Task<string> GdbTypingAsync(string typed, params string[] commands)
    {
        await Host.PauseAsync(Typist);
        await Host.TypeAsync(Encoding.UTF8.GetBytes(typed));
        return await GdbWhileAsync(
            async _ =>
            {
                await UntilDebuggerAsync(holds: true);
                await Host.ResumeAsync(Typist);
            },
            commands);
    }

    /// <summary>Runs gdb, and presses Ctrl-C there once it has let the guest run.</summary>
    internal Task<string> GdbInterruptedAsync(params string[] commands) => GdbWhileAsync(
        async gdb =>
        {
            await UntilDebuggerAsync(holds: true);
            await UntilDebuggerAsync(holds: false);
            using var kill = Process.Start("kill", ["-s", "INT", gdb.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(_cancel);
        },
        commands);

    private async Task UntilDebuggerAsync(bool holds)
    {
        while (Host.Holders.Contains("debugger") != holds)
        {
            await Host.InvokeAsync(guest => guest.Blocks).WaitAsync(_cancel);
        }
    }

    private async Task<string> GdbWhileAsync(Func<Process, Task> meanwhile, string[] commands)
    {
        var all = commands.Prepend($"target remote {EndPoint}").Prepend("set pagination off").SelectMany(c => new[] { "-ex", c });
        var start = new ProcessStartInfo("gdb", ["-nx", "-batch", GuestImages.Kernel, .. all]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var gdb = Process.Start(start)!;
        var output = gdb.StandardOutput.ReadToEndAsync(_cancel);
        var errors = gdb.StandardError.ReadToEndAsync(_cancel);
        await meanwhile(gdb);
        await gdb.WaitForExitAsync(_cancel);
        return await output + await errors;
    }
}
