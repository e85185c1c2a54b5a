using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lucos.Control.Guests;
using Lucos.Control.Results;

namespace Lucos.Control.Sockets;

/// <summary>Serves one client: a line in, a line out, and journal records once the client watches.</summary>
internal sealed class ClientConnection : IDisposable
{
    /// <summary>Most journal records that wait for a client to read them.</summary>
    public const int MaximumUnread = 1024;

    // While a request is carried out, and while it watches, a client is not idle.
    private const long Busy = long.MaxValue;

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _evicted = new();
    private long _idleSince;
    private bool _isWriting;
    private readonly ControlVerbs _verbs;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly MemoryStream _package = new();

    /// <summary>Makes a connection.</summary>
    public ClientConnection(Stream stream, ControlVerbs verbs, TimeProvider clock)
    {
        _stream = stream;
        _clock = clock;
        _idleSince = clock.GetTimestamp();
        _verbs = verbs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _evicted.Dispose();
        _writing.Dispose();
        _package.Dispose();
        _stream.Dispose();
    }

    /// <summary>For how long it has owed us something: a whole line, or to read an answer.</summary>
    public TimeSpan Idle => Volatile.Read(ref _idleSince) is var since and not Busy ? _clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Ends the connection, so that another client can have its place.</summary>
    public void Evict() => _ = _evicted.CancelAsync();

    /// <summary>Serves the client until it goes, or is evicted.</summary>
    public async Task ServeAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _evicted.Token);
        try
        {
            await ServeLinesAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_isWriting && !cancel.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(s_farewell);
            await TurnAwayAsync("idle", "another client needed the place of this one, which sent no line; connect again", patience.Token).ConfigureAwait(false);
        }
    }

    private async Task ServeLinesAsync(CancellationToken cancel)
    {
        await WriteAsync(new JsonObject { ["type"] = "version", ["version"] = 1 }, cancel).ConfigureAwait(false);
        var reader = new LineReader(_stream);
        try
        {
            while (await reader.ReadAsync(cancel).ConfigureAwait(false) is { } line)
            {
                Volatile.Write(ref _idleSince, Busy);
                await AnswerAsync(line, cancel).ConfigureAwait(false);
                BeginIdle();
            }
        }
        catch (LineTooLongException e)
        {
            await WriteAsync(Error(0, "line-too-long", e.Message), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Greets a client by an error, and lets it go.</summary>
    /// <param name="reason">Stable identifier.</param>
    /// <param name="message">Why, and what to do.</param>
    /// <param name="cancel">Gives up.</param>
    public Task TurnAwayAsync(string reason, string message, CancellationToken cancel) => WriteAsync(Error(0, reason, message), cancel);

    private static JsonObject Error(long id, string reason, string message) => new()
    {
        ["id"] = id,
        ["ok"] = false,
        ["reason"] = reason,
        ["message"] = message,
    };

    private async Task AnswerAsync(ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        var id = 0L;
        try
        {
            var request = ControlRequest.Parse(line.Span);
            id = request.Id;
            if (request.Verb == "watch")
            {
                await WatchAsync(id, cancel).ConfigureAwait(false);
                return;
            }

            var result = await _verbs.DoAsync(
                request,
                _package,
                submitted => WriteAsync(new JsonObject { ["id"] = id, ["submitted"] = submitted }, cancel)).ConfigureAwait(false);
            BeginIdle();
            await WriteAsync(new JsonObject { ["id"] = id, ["ok"] = true, ["result"] = result }, cancel).ConfigureAwait(false);
            _verbs.AfterAnswer(request);
        }
        catch (ProtocolException e)
        {
            await WriteAsync(Error(e.Id == 0 ? id : e.Id, e.Reason, e.Message), cancel).ConfigureAwait(false);
        }
        catch (LucosException e)
        {
            await WriteAsync(Error(id, e.Reason, e.Message), cancel).ConfigureAwait(false);
        }
        catch (GuestEndedException e)
        {
            await WriteAsync(Error(id, "guest-ended", e.Message), cancel).ConfigureAwait(false);
        }
    }

    private void BeginIdle() => Volatile.Write(ref _idleSince, _clock.GetTimestamp());

    /// <summary>Streams journal records until the client hangs up; one that doesn't read loses the oldest, and is told how many.</summary>
    private async Task WatchAsync(long id, CancellationToken cancel)
    {
        var lost = 0L;
        var records = Channel.CreateBounded<JsonNode>(
            new BoundedChannelOptions(MaximumUnread) { FullMode = BoundedChannelFullMode.DropOldest }, _ => Interlocked.Increment(ref lost));
        using var subscription = _verbs.Subscribe(record => records.Writer.TryWrite(record));
        using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await WriteAsync(new JsonObject { ["id"] = id, ["ok"] = true, ["result"] = new JsonObject { ["watching"] = true } }, cancel).ConfigureAwait(false);
        var hangUp = HangUpAsync(hungUp);
        try
        {
            await foreach (var record in records.Reader.ReadAllAsync(hungUp.Token).ConfigureAwait(false))
            {
                if (Interlocked.Exchange(ref lost, 0) is > 0 and var count)
                {
                    await WriteAsync(new JsonObject { ["id"] = id, ["lost"] = count }, hungUp.Token).ConfigureAwait(false);
                }

                await WriteAsync(new JsonObject { ["id"] = id, ["event"] = record }, hungUp.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            await hangUp.ConfigureAwait(false);
        }
    }

    private async Task HangUpAsync(CancellationTokenSource hungUp)
    {
        var ignored = new byte[256];
        try
        {
            while (await _stream.ReadAsync(ignored, hungUp.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset connection is hung up too.
        }

        await hungUp.CancelAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(JsonObject line, CancellationToken cancel)
    {
        var bytes = Encoding.UTF8.GetBytes(line.ToJsonString() + "\n");
        await _writing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            _isWriting = true;
            await _stream.WriteAsync(bytes, cancel).ConfigureAwait(false);
            _isWriting = false;
        }
        finally
        {
            _writing.Release();
        }
    }
}
