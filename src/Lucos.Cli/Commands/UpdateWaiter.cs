using System.Diagnostics;
using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary>
/// Waits until an update has come to rest, and says meanwhile what for: live on a terminal, else a line on standard error when the wait begins
/// and when those who are awaited change; records on standard output for <c>ndjson</c>.
/// </summary>
internal sealed class UpdateWaiter : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_said = TimeSpan.FromSeconds(1);

    private readonly Terminal _terminal;
    private readonly ResultWriter _writer;
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _limit;
    private readonly WaitLog _log = new(s_said);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly LiveRegion? _live;

    /// <summary>Begins; the time allowed runs from here.</summary>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="writer">Where events go.</param>
    /// <param name="timeout">How long it may take; null for as long as it takes.</param>
    /// <param name="cancel">The user interrupts.</param>
    public UpdateWaiter(Terminal terminal, ResultWriter writer, TimeSpan? timeout, CancellationToken cancel)
    {
        _terminal = terminal;
        _writer = writer;
        _timeout = timeout;
        _cancel = cancel;
        _limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _live = terminal.CanRedrawError ? new LiveRegion(terminal.Error) : null;
        if (timeout is { } time)
        {
            _limit.CancelAfter(time);
        }
    }

    private bool IsOverdue => _limit.IsCancellationRequested && !_cancel.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose() => _limit.Dispose();

    /// <summary>Asks the guest's Update Manager; a request that is not answered in time is taken back.</summary>
    /// <param name="client">The guest.</param>
    /// <param name="verb">What is asked.</param>
    /// <param name="name">Name of the update.</param>
    /// <param name="verifyCoherence">For apply: whether every transfer is checked.</param>
    /// <exception cref="LucosException">It has not answered in time, or the user interrupted: what became of the request.</exception>
    public Task<JsonObject> AskAsync(ControlClient client, string verb, string name, bool verifyCoherence = false)
    {
        _terminal.Progress($"{verb}: waiting for the guest's Update Manager");
        return new ManagerRequest(client, _terminal, verb, name).AskAsync(verifyCoherence, Seconds, _limit.Token, _cancel);
    }

    /// <summary>Waits; an answer that was a refusal, or names no update, is returned as it is.</summary>
    /// <param name="verb"><c>apply</c>, which is cancelled when its time is over, or <c>undo</c>, which is not.</param>
    /// <param name="client">The guest.</param>
    /// <param name="answer">The Update Manager's answer.</param>
    /// <param name="state">The state that is awaited.</param>
    /// <returns>The answer with the update as it is then, and whether its time was over.</returns>
    public async Task<JsonObject> WaitAsync(string verb, ControlClient client, JsonObject answer, string state)
    {
        if (answer["refusal"] is not null || answer["update"]?["id"]?.GetValue<uint>() is not { } id)
        {
            return answer;
        }

        var name = answer["update"]!["name"]!.GetValue<string>();
        answer["timedOut"] = false;
        try
        {
            await FollowAsync(client, answer, name, id, state).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsOverdue)
        {
            _live?.Clear();
            return verb == "apply" ? await GiveUpAsync(client.Guest, answer, name, id).ConfigureAwait(false) : Overdue(answer, $"not rolled back within {Seconds}: the original code runs, and those below have not left the update's");
        }
        catch (OperationCanceledException)
        {
            _live?.Clear();
            throw new LucosException(
                ExitCode.Interrupted, "interrupted", $"{name} is {answer["update"]!["state"]} and goes on without being waited for; 'lucos update status {name}' shows it{(verb == "apply" ? $", 'lucos update cancel {name}' gives it up" : "")}");
        }

        _live?.Clear();
        return answer;
    }

    private string Seconds => $"{_timeout?.TotalSeconds} s";

    private async Task FollowAsync(ControlClient client, JsonObject answer, string name, uint id, string state)
    {
        while (await FindAsync(client, name, id, _limit.Token).ConfigureAwait(false) is { } update)
        {
            answer["update"] = update.DeepClone();
            var now = update["state"]!.GetValue<string>();
            if (now == state || now is "refused" or "aborted" or "rolled-back")
            {
                return;
            }

            Tell(update);
            await Task.Delay(s_poll, _limit.Token).ConfigureAwait(false);
        }
    }

    private void Tell(JsonObject update)
    {
        if (_live is not null && _writer.Format != OutputFormat.Ndjson)
        {
            _live.Draw(UpdateText.Describe(update));
        }
        else if (_log.IsNews(_clock.Elapsed, update))
        {
            Say(update);
        }
    }

    private void Say(JsonObject update)
    {
        if (_writer.Format == OutputFormat.Ndjson)
        {
            _writer.Record("waiting", new JsonObject { ["update"] = update.DeepClone() });
            _terminal.Out.Flush();
        }
        else
        {
            _terminal.Error.WriteLine($"lucos: {WaitLog.Line(update)}");
            _terminal.Error.Flush();
        }
    }

    /// <summary>Has an update whose time is over taken back. The connection may be in the middle of a question: another one is used.</summary>
    private async Task<JsonObject> GiveUpAsync(string guest, JsonObject answer, string name, uint id)
    {
        using var again = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        again.CancelAfter(_timeout!.Value);
        JsonObject cancelled;
        try
        {
            await using var client = await ControlClient.ConnectAsync(guest, again.Token).ConfigureAwait(false);
            cancelled = await new ManagerRequest(client, _terminal, "cancel", name).AskAsync(false, Seconds, again.Token, _cancel).ConfigureAwait(false);
            answer["update"] = (await FindAsync(client, name, id, _cancel).ConfigureAwait(false))?.DeepClone();
        }
        catch (LucosException e) when (e.Reason is "withdrawn" or "taken")
        {
            throw new LucosException(
                ExitCode.RollBackFailed,
                "timed-out",
                $"{name} has not finished within {Seconds}, and is not cancelled: {e.Message}; 'lucos update cancel {name}' tries again");
        }

        return (string?)cancelled["refusal"] switch
        {
            null => Overdue(answer, $"not finished within {Seconds}, so it was cancelled: the original code runs"),
            // It came to rest meanwhile.
            "wrong-state" or "no-such-update" => answer,
            var refusal => throw new LucosException(
                ExitCode.RollBackFailed, refusal, $"{name} has not finished within {Seconds}, and can't be cancelled now: {cancelled["detail"]}; {cancelled["whatToDo"]}"),
        };
    }

    private static JsonObject Overdue(JsonObject answer, string detail)
    {
        answer["timedOut"] = true;
        answer["detail"] = detail;
        return answer;
    }

    private static async Task<JsonObject?> FindAsync(ControlClient client, string name, uint id, CancellationToken cancel)
    {
        var status = await client.AskAsync("status", name, cancel).ConfigureAwait(false);
        return (status["updates"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(u => u["id"]?.GetValue<uint>() == id);
    }
}
