using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Control.Sockets;
using Lucos.Control.Tests.Guests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucos.Control.Tests.Sockets;

[NonParallelizable]
public sealed class ControlServerTests : ServedGuestTests
{
    private FakeGuest Guest => Served.Guest;

    private ControlServer Server => Served.Server;

    [Test]
    public void OnlyTheOwnerCanEnter()
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.That(File.GetUnixFileMode(Server.Path), Is.EqualTo(owner));
        Assert.That(File.GetUnixFileMode(SocketPath.Folder), Is.EqualTo(owner | UnixFileMode.UserExecute));
    }

    [Test]
    public async Task AClientLearnsVersionsAndAppliesAPackageInPieces()
    {
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        var versions = await client.AskAsync("uname", null, CancellationToken.None);
        Assert.That(versions.ToJsonString(), Is.EqualTo("""{"effective":"0.1.0\u002Bfake","booted":"0.1.0"}"""));
        var package = Enumerable.Range(0, 600_000).Select(i => (byte)i).ToArray();
        await client.UploadAsync(package, CancellationToken.None);
        var answer = await client.AskAsync("apply", "fix", CancellationToken.None);
        Assert.That(answer["refusal"], Is.Null);
        Assert.That(Guest.Packages.Single(), Is.EqualTo(package));
    }

    [Test]
    public async Task CoherenceIsVerifiedWhereThatIsAskedForAndElseNot()
    {
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        foreach (var verify in new[] { true, false })
        {
            await client.UploadAsync(new byte[] { 1 }, CancellationToken.None);
            await client.RequestAsync("apply", "fix", _ => { }, CancellationToken.None, verify);
        }

        await client.UploadAsync(new byte[] { 1 }, CancellationToken.None);
        await client.AskAsync("apply", "fix", CancellationToken.None);
        Assert.That(Guest.Verified, Is.EqualTo(new[] { true, false, false }));
    }

    [Test]
    public async Task ACheckTellsWhatApplyingWouldMeet()
    {
        Guest.Forecast = "function\tpipe_read\t1\ntype\tpipes\t12\ncontext\t7\t3\t3\t0\t\tcat\n";
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        await client.UploadAsync(new byte[] { 1 }, CancellationToken.None);
        var answer = await client.AskAsync("check", "fix", CancellationToken.None);
        Assert.That(answer["forecast"]!.ToJsonString(), Is.EqualTo(
            """{"functions":[{"name":"pipe_read","activations":1}],"types":[{"name":"pipes","instances":12}]"""
            + ""","blockers":[{"thread":7,"threadName":"cat","function":"pipe_read","frame":3,"kind":"ReturnAddress","waitingOn":null}]}"""));
    }

    [Test]
    public async Task ARefusalIsAnAnswerWithItsReasonAndAdvice()
    {
        await using var client = await ControlClient.ConnectAsync(null, CancellationToken.None);
        var answer = await client.AskAsync("undo", "bad", CancellationToken.None);
        Assert.That((string?)answer["refusal"], Is.EqualTo("conflict"));
        Assert.That((string?)answer["whatToDo"], Is.Not.Empty);
    }

    [TestCase("{", "bad-json")]
    [TestCase("\u0000\u00ff", "bad-json")]
    [TestCase("", "bad-json")]
    [TestCase("{}{}", "bad-json")]
    [TestCase("{\"verb\":\"\u00ff\"}", "bad-json")]
    [TestCase("{\"\u00ff\":1}", "bad-json")]
    [TestCase("{\"verb\":\"\\ud800\"}", "bad-json")]
    [TestCase("{\"verb\":\"uname\",\"extra\":[{\"verb\":", "bad-json")]
    [TestCase("{\"verb\":\"uname\",\"extra\":[{\"verb\":1}]}", "unknown-key")]
    [TestCase("{\"verb\":\"snapshot\",\"path\":\"here\"}", "bad-request")]
    [TestCase("{\"verb\":\"snapshot\",\"path\":{}}", "bad-request")]
    [TestCase("[]", "bad-request")]
    [TestCase("null", "bad-request")]
    [TestCase("{\"id\":1}", "bad-request")]
    [TestCase("{\"verb\":5}", "bad-request")]
    [TestCase("{\"id\":\"x\",\"verb\":\"uname\"}", "bad-request")]
    [TestCase("{\"verb\":\"uname\",\"verb\":\"uname\"}", "bad-json")]
    [TestCase("{\"verb\":\"uname\",\"extra\":1}", "unknown-key")]
    [TestCase("{\"verb\":\"dance\"}", "unknown-verb")]
    [TestCase("{\"verb\":\"apply\",\"name\":\"fix\",\"verifyCoherence\":1}", "bad-request")]
    [TestCase("{\"verb\":\"apply\",\"name\":\"fix\",\"verifyCoherence\":\"true\"}", "bad-request")]
    [TestCase("{\"verb\":\"apply\",\"name\":\"fix\",\"verifyCoherence\":null}", "bad-request")]
    [TestCase("{\"verb\":\"apply\",\"verifyCoherence\":true,\"verifyCoherence\":true}", "bad-json")]
    [TestCase("{\"verb\":\"apply\",\"name\":\"fix\",\"verify-coherence\":true}", "unknown-key")]
    [TestCase("{\"verb\":\"check\",\"name\":\"fix\",\"verifyCoherence\":true}", "bad-request")]
    [TestCase("{\"verb\":\"undo\",\"name\":\"fix\",\"verifyCoherence\":true}", "bad-request")]
    [TestCase("{\"verb\":\"ledger\",\"name\":\"nothing\"}", "no-such-update")]
    [TestCase("{\"verb\":\"ledger\",\"limit\":1.5}", "bad-request")]
    [TestCase("{\"verb\":\"ledger\",\"before\":\"1\"}", "bad-request")]
    [TestCase("{\"verb\":\"apply\",\"name\":\"fix\"}", "bad-request")]
    [TestCase("{\"verb\":\"undo\"}", "bad-request")]
    [TestCase("{\"verb\":\"package\",\"data\":\"*\"}", "bad-request")]
    [TestCase("{\"verb\":\"status\",\"name\":\"nothing\"}", "no-such-update")]
    [TestCase("[[[[[[[[[[[[]]]]]]]]]]]]", "bad-json")]
    public async Task ABadLineIsAnsweredAndTheNextOneServed(string line, string reason)
    {
        using var stream = Served.Connect();
        var replies = await ConverseAsync(stream, line + "\n{\"id\":9,\"verb\":\"uname\"}\n", 3);
        Assert.That((string?)replies[1]["reason"], Is.EqualTo(reason), replies[1].ToJsonString());
        Assert.That((bool?)replies[2]["ok"], Is.True);
        Assert.That((int?)replies[2]["id"], Is.EqualTo(9));
    }

    [Test]
    public async Task ALineWithoutEndIsCutOffAndOthersAreServed()
    {
        using var hostile = Served.Connect();
        var line = new byte[LineReader.MaximumLength + 4096];
        Array.Fill(line, (byte)'a');
        await hostile.WriteAsync(line);
        var replies = await ConverseAsync(hostile, "", 2);
        Assert.That((string?)replies[1]["reason"], Is.EqualTo("line-too-long"));
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        Assert.That(await client.AskAsync("uname", null, CancellationToken.None), Is.Not.Empty);
    }

    [Test]
    public async Task APackageAboveTheLimitIsRefused()
    {
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        Assert.That(async () => await client.UploadAsync(new byte[ControlServer.MaximumPackage + 1], CancellationToken.None),
            Throws.TypeOf<LucosException>().With.Property(nameof(LucosException.Reason)).EqualTo("too-large"));
    }

    [Test]
    public async Task AWatcherSeesWhatOthersAskFor()
    {
        await using var watcher = await ControlClient.ConnectAsync("test", CancellationToken.None);
        var records = watcher.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = records.MoveNextAsync();
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        while (!next.IsCompleted)
        {
            await client.AskAsync("undo", "seen", CancellationToken.None);
        }

        Assert.That(await next, Is.True);
        Assert.That((string?)records.Current["name"], Is.EqualTo("seen"));
    }

    [Test]
    public async Task AGuestThatHasEndedIsReportedNotAwaited()
    {
        await using var client = await ControlClient.ConnectAsync("test", CancellationToken.None);
        await Served.Host.TypeAsync("q"u8.ToArray());
        await Served.Host.Ended;
        Assert.That(async () => await client.AskAsync("uname", null, CancellationToken.None),
            Throws.TypeOf<LucosException>().With.Property(nameof(LucosException.Code)).EqualTo(ExitCode.Unreachable));
    }

    [Test]
    public void ATakenNameIsRefusedAndAStaleSocketIsCleared()
    {
        Assert.That(() => SocketPath.Prepare(Server.Path), Throws.TypeOf<LucosException>().With.Property(nameof(LucosException.Reason)).EqualTo("name-taken"));
        var stale = SocketPath.Of("stale");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(stale));
        }

        File.WriteAllText(stale, "");
        SocketPath.Prepare(stale);
        Assert.That(File.Exists(stale), Is.False);
    }

    [TestCase("")]
    [TestCase("../x")]
    [TestCase("a/b")]
    public void ANameThatLeavesTheFolderIsRefused(string name) => Assert.That(() => SocketPath.Of(name), Throws.TypeOf<LucosException>());

    [Test]
    public void AFolderOpenToOthersIsNotUsed()
    {
        File.SetUnixFileMode(SocketPath.Folder, (UnixFileMode)0b111_111_111);
        Assert.That(() => SocketPath.Prepare(SocketPath.Of("other")), Throws.TypeOf<LucosException>().With.Property(nameof(LucosException.Reason)).EqualTo("unsafe-folder"));
    }

    private static async Task<List<JsonObject>> ConverseAsync(Stream stream, string lines, int replies)
    {
        if (lines.Length > 0)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(lines));
        }

        var reader = new LineReader(stream);
        var read = new List<JsonObject>();
        while (read.Count < replies && await reader.ReadAsync(CancellationToken.None) is { } line)
        {
            read.Add((JsonObject)JsonNode.Parse(line.Span)!);
        }

        return read;
    }
}
