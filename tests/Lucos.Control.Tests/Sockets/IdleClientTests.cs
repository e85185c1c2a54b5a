using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lucos.Control.Sockets;

namespace Lucos.Control.Tests.Sockets;

/// <summary>Clients that are gone without a word, or never send a whole line, give their place to the first who needs one.</summary>
[NonParallelizable]
[CancelAfter(60_000)]
public sealed class IdleClientTests : ServedGuestTests
{
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1);
    private readonly List<NetworkStream> _clients = [];

    [TearDown]
    public void DropClients()
    {
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
    }

    [Test]
    public async Task TheClientThatIsIdleLongestGivesItsPlaceAndIsToldWhy(CancellationToken cancel)
    {
        await ConnectAsync(1, cancel);
        Served.Clock.MoveOn(s_moment);
        await ConnectAsync(ControlServer.MaximumClients - 1, cancel);
        Served.Clock.MoveOn(ControlServer.Patience - s_moment);

        await ConnectAsync(1, cancel);

        Assert.That(await ReadAsync(_clients[0], cancel), Does.Contain("\"reason\":\"idle\""));
        Assert.That(await ReadAsync(_clients[0], cancel), Is.Null, "the connection has ended");
        Assert.That(await AskAsync(_clients[1], cancel), Does.Contain("\"ok\":true"), "others keep theirs");
        Assert.That(await AskAsync(_clients[^1], cancel), Does.Contain("\"ok\":true"));
    }

    [Test]
    public async Task HalfALineKeepsNoPlace(CancellationToken cancel)
    {
        await ConnectAsync(ControlServer.MaximumClients, cancel);
        Served.Clock.MoveOn(ControlServer.Patience);
        foreach (var client in _clients.Skip(1))
        {
            await AskAsync(client, cancel);
        }

        await _clients[0].WriteAsync("{\"id\":1"u8.ToArray(), cancel);
        await ConnectAsync(1, cancel);
        Assert.That(await ReadAsync(_clients[0], cancel), Does.Contain("\"reason\":\"idle\""));
    }

    [Test]
    public async Task WhoAsksInTimeOrWatchesKeepsItsPlaceAndTheNextOneIsTurnedAway(CancellationToken cancel)
    {
        await ConnectAsync(ControlServer.MaximumClients, cancel);
        await SendAsync(_clients[0], "watch", cancel);
        Assert.That(await ReadAsync(_clients[0], cancel), Does.Contain("watching"));
        Served.Clock.MoveOn(ControlServer.Patience - s_moment);
        foreach (var client in _clients.Skip(1))
        {
            await AskAsync(client, cancel);
        }

        Served.Clock.MoveOn(ControlServer.Patience - s_moment);
        Assert.That(await ReadAsync(Open(), cancel), Does.Contain("too-many-clients"));
        Assert.That(await AskAsync(_clients[1], cancel), Does.Contain("\"ok\":true"));
    }

    [Test]
    public async Task WithoutNeedNobodyLosesItsPlace(CancellationToken cancel)
    {
        await ConnectAsync(ControlServer.MaximumClients - 1, cancel);
        Served.Clock.MoveOn(1000 * ControlServer.Patience);
        await ConnectAsync(1, cancel);
        foreach (var client in _clients)
        {
            Assert.That(await AskAsync(client, cancel), Does.Contain("\"ok\":true"));
        }
    }

    private async Task ConnectAsync(int count, CancellationToken cancel)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.That(await ReadAsync(Open(), cancel), Does.Contain("\"version\""));
        }
    }

    private NetworkStream Open()
    {
        _clients.Add(Served.Connect());
        return _clients[^1];
    }

    private static async Task<string?> AskAsync(NetworkStream client, CancellationToken cancel)
    {
        await SendAsync(client, "uname", cancel);
        return await ReadAsync(client, cancel);
    }

    private static async Task SendAsync(NetworkStream client, string verb, CancellationToken cancel) =>
        await client.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { id = 1, verb }) + "\n"), cancel);

    private static async Task<string?> ReadAsync(NetworkStream client, CancellationToken cancel) =>
        await new LineReader(client).ReadAsync(cancel) is { } line ? Encoding.UTF8.GetString(line.Span) : null;
}
