using System.Net.Sockets;
using Lucos.Control.Guests;
using Lucos.Control.Sockets;
using Lucos.Control.Tests.Guests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucos.Control.Tests.Sockets;

/// <summary>A fake guest behind a control socket, in a runtime folder of its own. One at a time: the folder is the process's.</summary>
internal sealed class ServedGuest : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;
    private readonly string? _runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");

    private ServedGuest()
    {
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _folder);
        Host = new GuestHost(Guest);
        Server = new ControlServer(Host, new ControlServerOptions(SocketPath.Of("test"), Clock), NullLogger<ControlServer>.Instance);
    }

    public ManualClock Clock { get; } = new();

    public FakeGuest Guest { get; } = new();

    public GuestHost Host { get; }

    public ControlServer Server { get; }

    public static async Task<ServedGuest> StartAsync()
    {
        var served = new ServedGuest();
        served.Host.Start();
        await served.Server.StartAsync(CancellationToken.None);
        await served.Server.Listening;
        return served;
    }

    public NetworkStream Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Server.Path));
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync(CancellationToken.None);
        Server.Dispose();
        Host.Dispose();
        Guest.Dispose();
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _runtime);
        Directory.Delete(_folder, recursive: true);
    }
}
