using System.Net.Sockets;
using Lucos.Control.Guests;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucos.Control.Sockets;

/// <summary>Serves the control socket of a guest to many clients.</summary>
public sealed class ControlServer : BackgroundService
{
    /// <summary>Most clients at a time; the next one is turned away with <c>too-many-clients</c>.</summary>
    public const int MaximumClients = 64;

    /// <summary>Largest package, in bytes.</summary>
    public const int MaximumPackage = 1 << 20;

    /// <summary>How long a client may be idle and keep its place when another one needs it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly ControlVerbs _verbs;
    private readonly ILogger<ControlServer> _log;
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ClientConnection> _clients = [];
    private readonly TimeProvider _clock;

    /// <summary>Makes a server.</summary>
    /// <param name="host">The guest.</param>
    /// <param name="options">Where the socket is.</param>
    /// <param name="log">Takes what goes wrong with clients.</param>
    public ControlServer(GuestHost host, ControlServerOptions options, ILogger<ControlServer> log)
    {
        _verbs = new ControlVerbs(host, System.IO.Path.GetFileNameWithoutExtension(options.Path), MaximumPackage);
        Path = options.Path;
        _clock = options.Clock ?? TimeProvider.System;
        _log = log;
    }

    /// <summary>The socket.</summary>
    public string Path { get; }

    /// <summary>Ends when clients can connect.</summary>
    public Task Listening => _listening.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            SocketPath.Prepare(Path);
            listener.Bind(new UnixDomainSocketEndPoint(Path));
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(MaximumClients);
        }
        catch (Exception e)
        {
            _listening.SetException(e);
            return;
        }

        _listening.SetResult();
        using var serving = new CancellationTokenSource();
        try
        {
            while (true)
            {
                _ = ServeAsync(await AcceptAsync(listener, stoppingToken).ConfigureAwait(false), serving.Token);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The way this service ends.
        }
        finally
        {
            // In this order: to a client the end of its connection means that the name is free.
            File.Delete(Path);
            await serving.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Accepting fails where the process has no descriptor left, which clients can bring about: the guest must not end for it.</summary>
    private async Task<Socket> AcceptAsync(Socket listener, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(cancel).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                _log.LogWarning(e, "A client of the control socket could not be accepted");
                await Task.Delay(s_retry, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancel)
    {
        using var connection = new ClientConnection(new NetworkStream(socket, ownsSocket: true), _verbs, _clock);
        try
        {
            await (TryTakePlace(connection)
                ? connection.ServeAsync(cancel)
                : connection.TurnAwayAsync("too-many-clients", $"{MaximumClients} clients are connected; end one of them", cancel)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            _log.LogDebug(e, "A client of the control socket went away");
        }
        catch (Exception e)
        {
            _log.LogError(e, "A client of the control socket met a defect");
        }
        finally
        {
            LeavePlace(connection);
        }
    }

    // A client whose machine or program is gone without a word would keep its place for ever.
    private bool TryTakePlace(ClientConnection connection)
    {
        lock (_clients)
        {
            if (_clients.Count >= MaximumClients)
            {
                var idlest = _clients.MaxBy(client => client.Idle)!;
                if (idlest.Idle < Patience)
                {
                    return false;
                }

                _clients.Remove(idlest);
                idlest.Evict();
            }

            _clients.Add(connection);
            return true;
        }
    }

    private void LeavePlace(ClientConnection connection)
    {
        lock (_clients)
        {
            _clients.Remove(connection);
        }
    }
}
