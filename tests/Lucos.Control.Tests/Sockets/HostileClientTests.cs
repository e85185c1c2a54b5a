using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Control.Tests.Sockets;

/// <summary>Clients that ask too much, read too little or go away in the middle: the guest runs on, others are served, memory is bounded.</summary>
[NonParallelizable]
[CancelAfter(60_000)]
public sealed class HostileClientTests : ServedGuestTests
{
    private const int TenMebibytes = 10 << 20;
    [Test]
    public async Task AClientAboveTheLimitIsToldSoAndServedOnceAnotherGoes(CancellationToken cancel)
    {
        var clients = new List<ControlClient>();
        for (var i = 0; i < ControlServer.MaximumClients; i++)
        {
            clients.Add(await ControlClient.ConnectAsync("test", cancel));
        }

        var refused = await Assert.ThrowsAsync<LucosException>(() => ControlClient.ConnectAsync("test", cancel));
        Assert.That((refused!.Code, refused.Reason), Is.EqualTo((ExitCode.Unreachable, "too-many-clients")));
        await AssertGuestRunsAsync(clients[0], cancel);
        await clients[^1].DisposeAsync();
        clients[^1] = await ConnectOnceThereIsRoomAsync(cancel);
        await AssertGuestRunsAsync(clients[^1], cancel);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Test]
    public async Task ManyClientsThatAskAllTheTimeDoNotKeepTheGuestFromRunning(CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var asking = Enumerable.Range(0, 32).Select(_ => AskWithoutEndAsync(enough.Token)).ToArray();
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        for (var i = 0; i < 10; i++)
        {
            await AssertGuestRunsAsync(client, cancel);
        }

        await enough.CancelAsync();
        Assert.That((await Task.WhenAll(asking)).Sum(), Is.GreaterThan(0), "they were served too");
    }

    [Test]
    public async Task LinesOfTenMebibytesAreNotKept(CancellationToken cancel)
    {
        var garbage = new byte[TenMebibytes];
        Array.Fill(garbage, (byte)'a');
        var before = LiveBytes();
        var hostile = new List<NetworkStream>();
        for (var i = 0; i < ControlServer.MaximumClients / 2; i++)
        {
            hostile.Add(Served.Connect());
            await SendUntilCutOffAsync(hostile[^1], garbage, cancel);
        }

        await using var client = await ControlClient.ConnectAsync("test", cancel);
        await AssertGuestRunsAsync(client, cancel);
        Assert.That(LiveBytes() - before, Is.LessThan(TenMebibytes), "320 MiB were sent");
        hostile.ForEach(h => h.Dispose());
    }

    [Test]
    public async Task HalfALineFromEachOfManyClientsStaysWithinItsBuffers(CancellationToken cancel)
    {
        var half = new byte[LineReader.MaximumLength];
        Array.Fill(half, (byte)' ');
        var before = LiveBytes();
        var halfOpen = new List<NetworkStream>();
        for (var i = 0; i < ControlServer.MaximumClients - 1; i++)
        {
            halfOpen.Add(Served.Connect());
            await halfOpen[^1].WriteAsync(half, cancel);
        }

        await using var client = await ControlClient.ConnectAsync("test", cancel);
        await AssertGuestRunsAsync(client, cancel);
        const long twoForEach = 2L * ControlServer.MaximumClients * LineReader.MaximumLength;
        Assert.That(LiveBytes() - before, Is.LessThan(twoForEach + TenMebibytes), "a buffer doubles as it grows");
        halfOpen.ForEach(h => h.Dispose());
    }

    [Test]
    public async Task AWatcherThatNeverReadsLosesTheOldestEventsAndIsToldHowMany(CancellationToken cancel)
    {
        const int events = 6000;
        using var watcher = Served.Connect();
        await watcher.WriteAsync("{\"id\":7,\"verb\":\"watch\"}\n"u8.ToArray(), cancel);
        var reader = new LineReader(watcher);
        await reader.ReadAsync(cancel);
        await reader.ReadAsync(cancel);
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        for (var i = 0; i < events; i++)
        {
            await client.AskAsync("undo", "seen", cancel);
        }

        await AssertGuestRunsAsync(client, cancel);
        var (seen, lost, last) = (0L, 0L, 0L);
        while (last < events)
        {
            var line = JsonNode.Parse((await reader.ReadAsync(cancel))!.Value.Span)!;
            lost += (long?)line["lost"] ?? 0;
            seen += line["event"] is null ? 0 : 1;
            last = (long?)line["event"]?["sequence"] ?? last;
        }

        Assert.That(lost, Is.GreaterThan(0));
        Assert.That(seen + lost, Is.EqualTo(events));
    }

    [Test]
    public async Task AClientThatNeverReadsItsAnswersIsNotReadFromEither(CancellationToken cancel)
    {
        using var deaf = Served.Connect();
        deaf.Socket.Blocking = false;
        var line = Encoding.UTF8.GetBytes("{\"verb\":\"info\"}\n");
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var sent = FillWith(deaf.Socket, line);
        await AssertGuestRunsAsync(client, cancel);
        Assert.That(sent, Is.LessThan(TenMebibytes), "its pipe is full, so nothing more is taken in");
    }

    [Test]
    public async Task ClientsThatHangUpInTheMiddleLeaveNothingBehind(CancellationToken cancel)
    {
        for (var i = 0; i < 4 * ControlServer.MaximumClients; i++)
        {
            using var client = await ConnectRawOnceThereIsRoomAsync(cancel);
            await client.WriteAsync(Encoding.UTF8.GetBytes(i % 2 == 0 ? "{\"verb\":" : "{\"verb\":\"watch\"}\n"), cancel);
        }

        await using var last = await ConnectOnceThereIsRoomAsync(cancel);
        await AssertGuestRunsAsync(last, cancel);
    }

    private static long LiveBytes() => GC.GetTotalMemory(forceFullCollection: true);

    private static async Task AssertGuestRunsAsync(ControlClient client, CancellationToken cancel)
    {
        var before = (ulong?)(await client.AskAsync("status", null, cancel))["blocks"];
        while ((ulong?)(await client.AskAsync("status", null, cancel))["blocks"] == before)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static async Task SendUntilCutOffAsync(NetworkStream stream, byte[] bytes, CancellationToken cancel)
    {
        try
        {
            await stream.WriteAsync(bytes, cancel);
        }
        catch (IOException)
        {
            // The server has hung up, as it should.
        }
    }

    /// <summary>Sends until the other side takes no more; that side has room for a while as long as it reads.</summary>
    private static long FillWith(Socket socket, byte[] line)
    {
        var sent = 0L;
        while (sent < TenMebibytes && (socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite)))
        {
            sent += socket.Send(line);
        }

        return sent;
    }

    private static async Task<ControlClient> ConnectOnceThereIsRoomAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await ControlClient.ConnectAsync("test", cancel);
            }
            catch (LucosException e) when (e.Reason == "too-many-clients")
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<NetworkStream> ConnectRawOnceThereIsRoomAsync(CancellationToken cancel)
    {
        while (true)
        {
            var stream = Served.Connect();
            var greeting = await new LineReader(stream).ReadAsync(cancel);
            if (JsonNode.Parse(greeting!.Value.Span)!["version"] is not null)
            {
                return stream;
            }

            await stream.DisposeAsync();
        }
    }

    private static async Task<long> AskWithoutEndAsync(CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        for (var count = 0L; ; count++)
        {
            try
            {
                await client.AskAsync("info", null, cancel);
            }
            catch (OperationCanceledException)
            {
                return count;
            }
        }
    }
}
