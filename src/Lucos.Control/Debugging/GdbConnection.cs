using System.Text;
using Lucos.Control.Debugging.Protocol;
using Lucos.Control.Debugging.Targets;
using Lucos.Control.Guests;
using Lucos.Control.Results;

namespace Lucos.Control.Debugging;

/// <summary>
/// One debugger's connection: bytes to packets and back. Packets are answered on the guest's thread, one after the other; a stop is sent when
/// it happens.
/// </summary>
internal sealed class GdbConnection : IRunControl, IDisposable
{
    /// <summary>Under this name the guest is held while a debugger looks at it.</summary>
    internal const string Holder = "debugger";

    /// <summary>Under this name a guest waits for its first debugger.</summary>
    internal const string WaitHolder = "awaited-debugger";

    // For those who connect and don't speak, or don't listen at the end.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly GuestHost _host;
    private readonly GdbInputReader _reader = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationToken _cancel;
    private GdbSession _session = null!;
    private IGuest _guest = null!;
    private byte[] _lastPacket = [];
    private Task _stopSent = Task.CompletedTask;
    private bool _restarts;
    private bool _isAcknowledging = true;

    private GdbConnection(Stream stream, GuestHost host, CancellationToken cancel)
    {
        _stream = stream;
        _host = host;
        _cancel = cancel;
    }

    /// <summary>Serves a debugger until it goes; the guest stands still from the beginning on, and runs again afterwards.</summary>
    internal static async Task ServeAsync(Stream stream, GuestHost host, CancellationToken cancel)
    {
        using var connection = new GdbConnection(stream, host, cancel);
        await host.PauseAsync(Holder).ConfigureAwait(false);
        await host.ResumeAsync(WaitHolder).ConfigureAwait(false);
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            ((IRunControl)connection).Resume();
        }
    }

    /// <summary>Answers the first packet of a debugger that comes while another is attached: why not.</summary>
    internal static async Task RefuseAsync(Stream stream, GuestHost host, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(s_patience);
        using var connection = new GdbConnection(stream, host, patience.Token);
        await foreach (var input in connection.ReadAsync().ConfigureAwait(false))
        {
            if (input.Kind == GdbInputKind.Packet)
            {
                await connection.WriteAsync("+"u8.ToArray()).ConfigureAwait(false);
                await connection.SendAsync([Encoding.ASCII.GetBytes("E.debugger-attached: another debugger is attached to this guest; detach it first")]).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    void IRunControl.Hold() => _ = _host.PauseAsync(Holder);

    void IRunControl.Resume() => _ = _host.ResumeAsync(Holder);

    void IRunControl.Restart() => _restarts = true;

    void IRunControl.Quit() => _host.RequestEnd();

    private async Task RunAsync()
    {
        await _host.InvokeAsync(Attach).ConfigureAwait(false);
        try
        {
            await foreach (var input in ReadAsync().ConfigureAwait(false))
            {
                await TakeAsync(input).ConfigureAwait(false);
                if (_session.IsOver)
                {
                    break;
                }
            }
        }
        finally
        {
            await LeaveAsync().ConfigureAwait(false);
        }
    }

    private bool Attach(IGuest guest)
    {
        _guest = guest;
        _session = new GdbSession(TargetOf(guest), this, new MonitorCommands(() => _guest));
        _host.Stopped += OnStopped;
        _host.Restarted += OnRestarted;
        return true;
    }

    private bool Detach()
    {
        _host.Stopped -= OnStopped;
        _host.Restarted -= OnRestarted;
        var awaitsStop = _session.IsRunning;
        _session.Release();
        return awaitsStop;
    }

    /// <summary>A debugger that waits for a guest whose owner ends it is told that it is gone.</summary>
    private async Task LeaveAsync()
    {
        bool awaitsStop;
        try
        {
            awaitsStop = await _host.InvokeAsync(_ => Detach()).ConfigureAwait(false);
        }
        catch (GuestEndedException)
        {
            awaitsStop = Detach();
        }

        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await _stopSent.WaitAsync(patience.Token).ConfigureAwait(false);
            if (awaitsStop && _cancel.IsCancellationRequested)
            {
                await _stream.WriteAsync(GdbPacket.Encode("W00"u8), patience.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It is gone already, or does not listen.
        }
    }

    private void OnRestarted(IGuest next)
    {
        _guest = next;
        _session.OnRestarted(TargetOf(next));
    }

    private static DebugTarget TargetOf(IGuest guest) => guest is VmmGuest vmm
        ? new DebugTarget(vmm.Machine, vmm)
        : throw new LucosException(ExitCode.Refused, "guest-not-debuggable", "a guest whose inputs are recorded can't be debugged: what a debugger does is no recorded input");

    private void OnStopped(GuestStop stop)
    {
        var packets = _session.OnStopped(stop);
        if (packets.Count > 0)
        {
            _stopSent = SendAsync(packets);
        }
    }

    private async Task TakeAsync(GdbInput input)
    {
        switch (input.Kind)
        {
            case GdbInputKind.Packet:
                await AnswerAsync(input.Payload).ConfigureAwait(false);
                break;
            case GdbInputKind.Interrupt:
                await SendAsync(await _host.InvokeAsync(_ => _session.Interrupt()).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            case GdbInputKind.Refused when _isAcknowledging:
                await WriteAsync(_lastPacket).ConfigureAwait(false);
                break;
            case GdbInputKind.Damaged or GdbInputKind.TooLong when _isAcknowledging:
                await WriteAsync("-"u8.ToArray()).ConfigureAwait(false);
                break;
        }
    }

    private async Task AnswerAsync(byte[] payload)
    {
        if (_isAcknowledging)
        {
            await WriteAsync("+"u8.ToArray()).ConfigureAwait(false);
        }

        var packets = await _host.InvokeAsync(_ => _session.Handle(payload)).ConfigureAwait(false);
        if (_restarts)
        {
            _restarts = false;
            packets = await RestartAsync(packets).ConfigureAwait(false);
        }

        await SendAsync(packets).ConfigureAwait(false);
        _isAcknowledging &= !_session.IsWithoutAcknowledgements;
    }

    private async Task<IReadOnlyList<byte[]>> RestartAsync(IReadOnlyList<byte[]> packets)
    {
        try
        {
            await _host.RestartAsync().ConfigureAwait(false);
            return packets;
        }
        catch (LucosException e)
        {
            return [Encoding.ASCII.GetBytes("O" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"{e.Reason}: {e.Message}\n"))), .. packets];
        }
    }

    private async IAsyncEnumerable<GdbInput> ReadAsync()
    {
        var buffer = new byte[4096];
        while (await _stream.ReadAsync(buffer, _cancel).ConfigureAwait(false) is > 0 and var count)
        {
            for (var i = 0; i < count; i++)
            {
                if (_reader.Take(buffer[i]) is { } input)
                {
                    yield return input;
                }
            }
        }
    }

    private async Task SendAsync(IReadOnlyList<byte[]> payloads)
    {
        foreach (var payload in payloads)
        {
            _lastPacket = GdbPacket.Encode(payload);
            await WriteAsync(_lastPacket).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(byte[] bytes)
    {
        await _writing.WaitAsync(_cancel).ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(bytes, _cancel).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }
}
