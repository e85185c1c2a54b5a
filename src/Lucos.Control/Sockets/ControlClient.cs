using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Lucos.Control.Results;

namespace Lucos.Control.Sockets;

/// <summary>Talks to a guest's control socket.</summary>
public sealed class ControlClient : IAsyncDisposable
{
    private const int ChunkBytes = 256 << 10;
    private const int LedgerPage = 1024;

    private readonly NetworkStream _stream;
    private readonly LineReader _reader;
    private long _nextId;

    private ControlClient(string guest, Socket socket)
    {
        Guest = guest;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new LineReader(_stream);
    }

    /// <summary>Name of the guest.</summary>
    public string Guest { get; }

    /// <summary>Connects to a guest.</summary>
    /// <param name="guest">Its name, or null for the only one that runs.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="LucosException">It can't be reached.</exception>
    public static async Task<ControlClient> ConnectAsync(string? guest, CancellationToken cancel)
    {
        var name = guest ?? OnlyGuest();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath.Of(name)), cancel).ConfigureAwait(false);
            var client = new ControlClient(name, socket);
            var greeting = await client.ReadAsync(cancel).ConfigureAwait(false);
            if (greeting["ok"]?.GetValue<bool>() == false)
            {
                await client.DisposeAsync().ConfigureAwait(false);
                throw Refused(greeting);
            }

            return greeting["version"]?.GetValue<int>() == 1
                ? client
                : throw new LucosException(ExitCode.Unreachable, "version-mismatch", $"guest '{name}' speaks another version of the control protocol; use one build of lucos for both");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LucosException(ExitCode.Unreachable, "guest-unreachable", $"no guest '{name}' answers ({Others(e)}); start it with 'lucos run --name {name}'");
        }
    }

    /// <summary>Uploads a package for the next apply or check.</summary>
    /// <param name="package">Its bytes.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task UploadAsync(ReadOnlyMemory<byte> package, CancellationToken cancel)
    {
        for (var at = 0; at < package.Length; at += ChunkBytes)
        {
            var chunk = package.Slice(at, Math.Min(ChunkBytes, package.Length - at));
            await AskAsync(new JsonObject { ["verb"] = "package", ["data"] = Convert.ToBase64String(chunk.Span) }, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Asks something.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="name">Name of an update, or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The result.</returns>
    /// <exception cref="LucosException">It was answered by an error, or the connection broke.</exception>
    public Task<JsonObject> AskAsync(string verb, string? name, CancellationToken cancel) =>
        AskAsync(name is null ? new JsonObject { ["verb"] = verb } : new JsonObject { ["verb"] = verb, ["name"] = name }, cancel);

    /// <summary>Asks the Update Manager for something; check and apply are for the package that was uploaded.</summary>
    /// <param name="verb"><c>check</c>, <c>apply</c>, <c>undo</c> or <c>cancel</c>.</param>
    /// <param name="name">Name of the update; of a package, for the journal.</param>
    /// <param name="submitted">Gets the request's number (<c>request</c>) and who holds the guest still, before the answer is waited for.</param>
    /// <param name="cancel">Gives up; the guest goes on.</param>
    /// <param name="verifyCoherence">For apply: whether every transfer is checked, and every store to its data kept in the ledger.</param>
    /// <returns>The Update Manager's answer.</returns>
    /// <exception cref="LucosException">It was answered by an error, or the connection broke.</exception>
    public Task<JsonObject> RequestAsync(string verb, string name, Action<JsonObject> submitted, CancellationToken cancel, bool verifyCoherence = false)
    {
        var request = new JsonObject { ["verb"] = verb, ["name"] = name, ["announce"] = true };
        if (verifyCoherence)
        {
            request["verifyCoherence"] = true;
        }

        return AskAsync(request, cancel, submitted);
    }

    /// <summary>Takes a request back that the Update Manager has not taken yet.</summary>
    /// <param name="request">Its number.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns><c>outcome</c>, <c>withdrawn</c> or <c>taken</c>, with the request and the update that it is about, if there is one.</returns>
    /// <exception cref="LucosException">It is not open (<c>no-such-request</c>), or the connection broke.</exception>
    public Task<JsonObject> WithdrawAsync(ulong request, CancellationToken cancel) =>
        AskAsync(new JsonObject { ["verb"] = "withdraw", ["request"] = request }, cancel);

    /// <summary>The newest stores to an update's data, oldest first; several questions where one answer can't hold them.</summary>
    /// <param name="name">The update.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The last answer, with the entries of all of them.</returns>
    /// <exception cref="LucosException">It was answered by an error, or the connection broke.</exception>
    public async Task<JsonObject> LedgerAsync(string name, int limit, CancellationToken cancel)
    {
        var pages = new Stack<JsonNode?[]>();
        JsonObject answer;
        long? before = null;
        do
        {
            var request = new JsonObject { ["verb"] = "ledger", ["name"] = name, ["limit"] = Math.Min(limit, LedgerPage) };
            if (before is not null)
            {
                request["before"] = before;
            }

            answer = await AskAsync(request, cancel).ConfigureAwait(false);
            var page = ((JsonArray)answer["entries"]!).Select(entry => entry?.DeepClone()).ToArray();
            pages.Push(page);
            limit -= page.Length;
            before = page.Length > 0 ? page[0]!["number"]!.GetValue<long>() : null;
        }
        while (limit > 0 && before > 1 && before > answer["first"]!.GetValue<long>());

        answer["entries"] = new JsonArray([.. pages.SelectMany(page => page)]);
        return answer;
    }

    /// <summary>Has the guest's monitor write a snapshot.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="cancel">Gives up; the file is written nevertheless.</param>
    /// <exception cref="LucosException">It was answered by an error, or the connection broke.</exception>
    public Task<JsonObject> SnapshotAsync(string path, CancellationToken cancel) => AskAsync(new JsonObject { ["verb"] = "snapshot", ["path"] = path }, cancel);

    /// <summary>Waits until the guest's monitor closes the connection; its socket is gone then.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task ClosedAsync(CancellationToken cancel)
    {
        try
        {
            while (await _reader.ReadAsync(cancel).ConfigureAwait(false) is not null)
            {
            }
        }
        catch (IOException)
        {
            // A reset connection is closed too.
        }
    }

    /// <summary>Follows the journal until the guest goes.</summary>
    /// <param name="cancel">Stops.</param>
    public async IAsyncEnumerable<JsonObject> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await AskAsync("watch", null, cancel).ConfigureAwait(false);
        while (await _reader.ReadAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (JsonNode.Parse(line.Span)?["event"] is JsonObject record)
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Names of the guests that run, in order.</summary>
    public static IReadOnlyList<string> Running() => [.. SocketPath.Guests().Where(g => SocketPath.IsAlive(SocketPath.Of(g)))];

    private static string Others(SocketException e) => e.SocketErrorCode == SocketError.AccessDenied
        ? "its socket belongs to somebody else"
        : Running() is { Count: > 0 } running ? $"running: {string.Join(", ", running)}" : "none runs";

    private static string OnlyGuest()
    {
        return Running() switch
        {
            [var one] => one,
            [] => throw new LucosException(ExitCode.Unreachable, "guest-unreachable", "no guest runs; start one with 'lucos run'"),
            var running => throw new LucosException(ExitCode.Usage, "guest-ambiguous", $"several guests run ({string.Join(", ", running)}); choose one with --guest"),
        };
    }

    private async Task<JsonObject> AskAsync(JsonObject request, CancellationToken cancel, Action<JsonObject>? submitted = null)
    {
        request["id"] = ++_nextId;
        var reply = await ExchangeAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancel).ConfigureAwait(false);
        if (reply["submitted"] is JsonObject announced)
        {
            submitted?.Invoke(announced);
            reply = await ReadAsync(cancel).ConfigureAwait(false);
        }

        if (reply["ok"]?.GetValue<bool>() == true)
        {
            var result = reply["result"] as JsonObject ?? [];
            reply.Remove("result");
            return result;
        }

        throw Refused(reply);
    }

    private static LucosException Refused(JsonObject reply)
    {
        var reason = reply["reason"]?.GetValue<string>() ?? "internal";
        return new LucosException(CodeOf(reason), reason, reply["message"]?.GetValue<string>() ?? "the guest's monitor gave no reason");
    }

    private static ExitCode CodeOf(string reason) => reason switch
    {
        "guest-ended" or "too-many-clients" => ExitCode.Unreachable,
        "no-such-update" or "no-such-request" or "machine-ended" or "debug-registers-armed" => ExitCode.Refused,
        _ => ExitCode.Usage,
    };

    private async Task<JsonObject> ExchangeAsync(byte[] request, CancellationToken cancel)
    {
        try
        {
            await _stream.WriteAsync(request, cancel).ConfigureAwait(false);
        }
        catch (IOException)
        {
            throw Closed();
        }

        return await ReadAsync(cancel).ConfigureAwait(false);
    }

    private async Task<JsonObject> ReadAsync(CancellationToken cancel)
    {
        try
        {
            if (await _reader.ReadAsync(cancel).ConfigureAwait(false) is { } line && JsonNode.Parse(line.Span) is JsonObject reply)
            {
                return reply;
            }
        }
        catch (IOException)
        {
            // Reported below like an orderly end.
        }

        throw Closed();
    }

    private static LucosException Closed() =>
        new(ExitCode.Unreachable, "guest-unreachable", "the guest's monitor closed the connection: the guest has ended, and what was asked may have been done");
}
