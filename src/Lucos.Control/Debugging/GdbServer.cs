using System.Net;
using System.Net.Sockets;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lucos.Control.Debugging;

/// <summary>Lets a debugger attach to a guest by gdb's remote protocol, one at a time.</summary>
public sealed class GdbServer : BackgroundService
{
    private readonly GuestHost _host;
    private readonly IPEndPoint _endPoint;
    private readonly ILogger<GdbServer> _log;
    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _debugger = Task.CompletedTask;

    /// <summary>Makes a server.</summary>
    /// <param name="host">The guest; not one whose inputs are recorded, since a debugger's are none that a record could hold.</param>
    /// <param name="options">Where it listens.</param>
    /// <param name="log">Takes what goes wrong with debuggers.</param>
    public GdbServer(GuestHost host, GdbServerOptions options, ILogger<GdbServer> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        _host = host;
        _endPoint = options.EndPoint;
        _log = log;
    }

    /// <summary>Ends when a debugger can connect: where.</summary>
    /// <exception cref="LucosException">It can't be listened there.</exception>
    public Task<IPEndPoint> Listening => _listening.Task;

    /// <summary>Holds a guest, also one that has not been started yet, until a debugger that has attached lets it run.</summary>
    /// <param name="host">The guest.</param>
    public static Task HoldForDebugger(GuestHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.PauseAsync(GdbConnection.WaitHolder);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new TcpListener(_endPoint);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            _listening.SetException(new LucosException(ExitCode.Usage, "gdb-address-in-use", $"can't listen at {_endPoint}: {e.Message}; name another address by --gdb"));
            return;
        }

        _listening.SetResult((IPEndPoint)listener.LocalEndpoint);
        try
        {
            while (true)
            {
                Accept(await listener.AcceptTcpClientAsync(stoppingToken).ConfigureAwait(false), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await _debugger.ConfigureAwait(false);
        }
    }

    private void Accept(TcpClient client, CancellationToken cancel)
    {
        client.NoDelay = true;
        client.Client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        if (_debugger.IsCompleted)
        {
            _debugger = ServeAsync(client, GdbConnection.ServeAsync, cancel);
        }
        else
        {
            _ = ServeAsync(client, GdbConnection.RefuseAsync, cancel);
        }
    }

    private async Task ServeAsync(TcpClient client, Func<Stream, GuestHost, CancellationToken, Task> serve, CancellationToken cancel)
    {
        try
        {
            using (client)
            {
                await serve(client.GetStream(), _host, cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or GuestEndedException)
        {
            _log.LogDebug(e, "A debugger went away");
        }
        catch (Exception e)
        {
            _log.LogError(e, "A debugger met a defect");
        }
    }
}
