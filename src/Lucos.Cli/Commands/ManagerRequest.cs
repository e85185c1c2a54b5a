using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Cli.Commands;

/// <summary>
/// A request to the guest's Update Manager. One that is given up is taken back, so that nothing is done later of which nobody knows; if the
/// Update Manager has it already, that is said.
/// </summary>
internal sealed class ManagerRequest
{
    // A monitor answers between two slices of its guest, whatever the guest does.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ControlClient _client;
    private readonly Terminal _terminal;
    private readonly string _verb;
    private readonly string _name;
    private readonly TaskCompletionSource<ulong> _number = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Prepares a request.</summary>
    /// <param name="client">The guest; it has the package, if the verb takes one.</param>
    /// <param name="terminal">Where it is told that the guest stands still.</param>
    /// <param name="verb"><c>check</c>, <c>apply</c>, <c>undo</c> or <c>cancel</c>.</param>
    /// <param name="name">Name of the update.</param>
    public ManagerRequest(ControlClient client, Terminal terminal, string verb, string name)
    {
        _client = client;
        _terminal = terminal;
        _verb = verb;
        _name = name;
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="verifyCoherence">For apply: whether every transfer is checked.</param>
    /// <param name="time">The time allowed, in words.</param>
    /// <param name="limit">Ends with the time allowed, or with <paramref name="cancel"/>.</param>
    /// <param name="cancel">The user interrupts.</param>
    /// <exception cref="LucosException">It was given up: <c>withdrawn</c> or <c>taken</c>, or <c>interrupted</c>.</exception>
    public async Task<JsonObject> AskAsync(bool verifyCoherence, string time, CancellationToken limit, CancellationToken cancel)
    {
        // Never called off: half of an answer may have been read, and who gives up wants to know the end.
        var answer = _client.RequestAsync(_verb, _name, OnSubmitted, CancellationToken.None, verifyCoherence);
        await Task.WhenAny(answer, Task.Delay(Timeout.Infinite, limit)).ConfigureAwait(false);
        return answer.IsCompleted ? await answer.ConfigureAwait(false) : await GiveUpAsync(answer, time, cancel.IsCancellationRequested).ConfigureAwait(false);
    }

    private void OnSubmitted(JsonObject submitted)
    {
        if (GuestHoldCommand.Hint(submitted) is { } hint)
        {
            _terminal.Error.WriteLine($"lucos: {_verb}: {hint}");
            _terminal.Error.Flush();
        }

        _number.SetResult(submitted["request"]!.GetValue<ulong>());
    }

    private async Task<JsonObject> GiveUpAsync(Task<JsonObject> answer, string time, bool isInterrupted)
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            var number = await _number.Task.WaitAsync(patience.Token).ConfigureAwait(false);
            await using var other = await ControlClient.ConnectAsync(_client.Guest, patience.Token).ConfigureAwait(false);
            var found = await other.WithdrawAsync(number, patience.Token).ConfigureAwait(false);
            throw (string?)found["outcome"] == "withdrawn" ? Withdrawn(found, time, isInterrupted) : Taken(found, time, isInterrupted);
        }
        catch (LucosException e) when (e.Reason == "no-such-request")
        {
            // It was answered in this instant.
            return await answer.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new LucosException(
                ExitCode.Unreachable,
                "monitor-silent",
                $"neither the guest's Update Manager nor its monitor answers, and what was asked may be done later; 'lucos guest list' tells whether the monitor is there, 'lucos update status' what was done");
        }
    }

    private static LucosException Withdrawn(JsonObject found, string time, bool isInterrupted)
    {
        const string Outcome = "nothing was changed, and nothing will be";
        return isInterrupted
            ? new LucosException(ExitCode.Interrupted, "interrupted", $"the request was withdrawn before the guest's Update Manager had taken it: {Outcome}")
            : new LucosException(
                ExitCode.TimedOut,
                "withdrawn",
                $"the guest's Update Manager has not taken the request within {time}, so it was withdrawn: {Outcome}{(GuestHoldCommand.Hint(found) is { } hint ? $"; {hint}" : "")}");
    }

    /// <summary>A check changes nothing, however late it comes; of the others nobody can promise any more that they won't be done.</summary>
    private LucosException Taken(JsonObject found, string time, bool isInterrupted)
    {
        var update = found["update"] as JsonObject;
        var state = _verb == "check" ? "a check changes nothing"
            : update is null ? "nothing has been changed so far, and it goes on"
            : $"{update["name"]} is {update["state"]} now, and it goes on";
        var next = _verb == "check" ? "" : $"; 'lucos update status' shows what becomes of it{(_verb == "apply" ? $", 'lucos update cancel {update?["name"] ?? _name}' gives it up" : "")}";
        var hint = GuestHoldCommand.Hint(found) is { } paused ? $"; {paused}" : "";
        var words = "the guest's Update Manager has taken the request, so it can't be withdrawn, and has not answered";
        return isInterrupted
            ? new LucosException(ExitCode.Interrupted, "interrupted", $"{words} yet: {state}{next}{hint}")
            : new LucosException(_verb == "check" ? ExitCode.TimedOut : ExitCode.RollBackFailed, "taken", $"{words} within {time}: {state}{next}{hint}");
    }
}
