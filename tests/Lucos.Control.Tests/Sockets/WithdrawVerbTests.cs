using System.Text.Json.Nodes;
using Lucos.Control.Results;
using Lucos.Control.Sockets;

namespace Lucos.Control.Tests.Sockets;

/// <summary>Requests that the Update Manager has not answered, and what an operator can do about them.</summary>
[NonParallelizable]
[CancelAfter(20_000)]
public sealed class WithdrawVerbTests : ServedGuestTests
{
    [Test]
    public async Task ARequestThatWaitsIsWithdrawnAndWhoAskedIsToldSoAlsoWhileTheGuestStandsStill([Values] bool paused, CancellationToken cancel)
    {
        await using var first = await ControlClient.ConnectAsync("test", cancel);
        await using var second = await ControlClient.ConnectAsync("test", cancel);
        if (paused)
        {
            await second.AskAsync("pause", null, cancel);
        }

        var (submitted, answer) = await UndoAsync(first, taken: false, cancel);
        Assert.That((string?)submitted["state"], Is.EqualTo(paused ? "paused" : "running"));
        var number = (ulong)submitted["request"]!;
        Assert.That((await RequestsAsync(second, cancel)).Single()!.ToJsonString(), Does.StartWith($$"""{"id":{{number}},"kind":"undo","name":"fix","phase":"waiting","sinceBlock":"""));

        var withdrawn = await second.WithdrawAsync(number, cancel);

        Assert.That(((string?)withdrawn["outcome"], (ulong?)withdrawn["request"]!["id"]), Is.EqualTo(("withdrawn", number)));
        Assert.That((string?)(await answer)["refusal"], Is.EqualTo("cancelled"));
        Assert.That(await RequestsAsync(second, cancel), Is.Empty);
    }

    [Test]
    public async Task ARequestThatTheGuestHasTakenIsNotWithdrawn(CancellationToken cancel)
    {
        await using var first = await ControlClient.ConnectAsync("test", cancel);
        await using var second = await ControlClient.ConnectAsync("test", cancel);
        var (submitted, answer) = await UndoAsync(first, taken: true, cancel);

        var found = await second.WithdrawAsync((ulong)submitted["request"]!, cancel);

        Assert.That(((string?)found["outcome"], (string?)found["request"]!["phase"]), Is.EqualTo(("taken", "taken")));
        Assert.That(await RequestsAsync(second, cancel), Has.Count.EqualTo(1));
        Assert.That(answer.IsCompleted, Is.False);
    }

    [Test]
    public async Task ARequestThatWasAnsweredOrNeverMadeCanNotBeWithdrawn([Values(1UL, 99UL)] ulong number, CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        await client.AskAsync("undo", "fix", cancel);
        var refused = await Assert.ThrowsAsync<LucosException>(() => client.WithdrawAsync(number, cancel));
        Assert.That((refused!.Code, refused.Reason), Is.EqualTo((ExitCode.Refused, "no-such-request")));
    }

    [TestCase("withdraw", "")]
    [TestCase("withdraw", ",\"request\":0")]
    [TestCase("withdraw", ",\"request\":-1")]
    [TestCase("withdraw", ",\"request\":\"1\"")]
    [TestCase("status", ",\"announce\":true")]
    [TestCase("undo", ",\"name\":\"fix\",\"announce\":1")]
    public async Task AWithdrawalOrAnAnnouncementThatMakesNoSenseIsRefused(string verb, string more, CancellationToken cancel)
    {
        await using var stream = Served.Connect();
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{{\"id\":5,\"verb\":\"{verb}\"{more}}}\n"), cancel);
        var reader = new LineReader(stream);
        await reader.ReadAsync(cancel);
        var reply = JsonNode.Parse((await reader.ReadAsync(cancel))!.Value.Span)!;
        Assert.That(((int?)reply["id"], (string?)reply["reason"]), Is.EqualTo((5, "bad-request")));
    }

    private async Task<(JsonObject Submitted, Task<JsonObject> Answer)> UndoAsync(ControlClient client, bool taken, CancellationToken cancel)
    {
        await Served.Host.InvokeAsync(_ => Served.Guest.Keeps = taken);
        var submitted = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = client.RequestAsync("undo", "fix", submitted.SetResult, CancellationToken.None);
        return (await submitted.Task.WaitAsync(cancel), answer);
    }

    private static async Task<JsonArray> RequestsAsync(ControlClient client, CancellationToken cancel) =>
        (JsonArray)(await client.AskAsync("status", null, cancel))["requests"]!;
}
