using System.Text.Json.Nodes;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Commands;

/// <summary>Operators who give up before the guest's Update Manager has answered hear what became of their request: all as processes.</summary>
[CancelAfter(60_000)]
public sealed class WithdrawalProcessTests : ProcessTests
{
    private const string Nothing = "nothing was changed, and nothing will be";
    private const string Paused = "the guest is paused by operator; 'lucos guest resume' lets it run on";

    [Test]
    public async Task RequestsToAPausedGuestAreWithdrawnWhenTheirTimeIsOverAndNeverCarriedOut(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await DoAsync(cancel, "update", "apply", "pipe-stats");
        await DoAsync(cancel, "guest", "pause");
        (string Verb, string Name)[] asked = [("apply", "fix-readlog"), ("check", "fix-readlog"), ("plan", "fix-readlog"), ("undo", "pipe-stats"), ("cancel", "pipe-stats")];
        var answers = await Task.WhenAll(asked.Select(a => LucosAsync(cancel, "update", a.Verb, a.Name, "--timeout", "1")));
        foreach (var ((verb, _), (code, output, errors)) in asked.Zip(answers))
        {
            Assert.That((code, output), Is.EqualTo((4, "")), errors);
            Assert.That(errors, Is.EqualTo(
                $"lucos: {(verb == "plan" ? "check" : verb)}: {Paused}\nlucos: withdrawn: the guest's Update Manager has not taken the request within 1 s, so it was withdrawn: {Nothing}; {Paused}\n"));
        }

        Assert.That((await LucosAsync(cancel, "update", "status")).Output, Does.Contain(Paused).And.Not.Contain("request "));
        await DoAsync(cancel, "guest", "resume");
        // The Update Manager answers in order: whatever it had of the others would be done by now.
        await DoAsync(cancel, "update", "apply", "tick-watch");
        Assert.That((await LucosAsync(cancel, "uname")).Output, Is.EqualTo("0.1.0+pipe-stats+tick-watch\n"));
    }

    [Test]
    public async Task AnInterruptedRequestThatWasNotTakenIsWithdrawn(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await DoAsync(cancel, "guest", "pause");
        using var apply = LucosProcess.Start(Folder, "update", "apply", "fix-readlog");
        await apply.SeeErrorsAsync(1, cancel);
        await apply.SignalAsync("INT", cancel);
        var (code, errors) = await apply.EndAsync(cancel);
        Assert.That((code, apply.Output), Is.EqualTo((130, "")), errors);
        Assert.That(errors, Does.EndWith($"lucos: interrupted: the request was withdrawn before the guest's Update Manager had taken it: {Nothing}\n"));
        Assert.That((await LucosAsync(cancel, "update", "history")).Output, Does.Match("requested fix-readlog: apply\n.* cancelled fix-readlog\n$"));
    }

    [Test]
    public async Task ARequestThatTheGuestHasTakenIsToldAsTakenAndOneBehindItIsWithdrawn(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        var file = Path.Combine(Folder, "any-name.lup");
        await File.WriteAllBytesAsync(file, SpinningUpdate.Build(rounds: 0), cancel);

        var (code, output, errors) = await LucosAsync(cancel, "update", "apply", file, "--timeout", "1");
        Assert.That((code, output), Is.EqualTo((6, "")), errors);
        Assert.That(errors, Does.StartWith("lucos: taken: the guest's Update Manager has taken the request, so it can't be withdrawn, and has not answered within 1 s: nothing has been changed so far")
            .And.Contain("'lucos update status'").And.Contain("'lucos update cancel spins'"));
        Assert.That((await LucosAsync(cancel, "update", "status")).Output, Is.EqualTo("kernel 0.1.0\nrequest 1, apply spins: the guest's Update Manager works on it\n"));
        var json = JsonNode.Parse((await LucosAsync(cancel, "update", "cancel", "spins", "--timeout", "1", "-o", "json")).Output)!;
        Assert.That(((string?)json["reason"], (int?)json["exitCode"]), Is.EqualTo(("withdrawn", 4)), "it waits behind the first");
        Assert.That((await LucosAsync(cancel, "update", "withdraw", "1")).Errors, Does.StartWith("lucos: taken: request 1, apply spins: the guest's Update Manager works on it"));
    }

    [Test]
    public async Task ARequestWhoseClientWasKilledIsListedAndCanBeWithdrawn(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await DoAsync(cancel, "guest", "pause");
        using (var apply = LucosProcess.Start(Folder, "update", "apply", "fix-readlog"))
        {
            await apply.SeeErrorsAsync(1, cancel);
            await apply.SignalAsync("KILL", cancel);
            await apply.EndAsync(cancel);
        }

        Assert.That((await LucosAsync(cancel, "update", "status")).Output, Does.EndWith("request 1, apply fix-readlog: the guest's Update Manager has not taken it yet; 'lucos update withdraw 1' takes it back\n"));
        var (code, output, _) = await LucosAsync(cancel, "update", "withdraw", "1");
        Assert.That((code, output), Is.EqualTo((0, $"withdrawn: request 1, apply fix-readlog: {Nothing}\n")));
        var again = await LucosAsync(cancel, "update", "withdraw", "1");
        Assert.That((again.Code, again.Output), Is.EqualTo((3, "")));
        Assert.That(again.Errors, Does.StartWith("lucos: no-such-request: no request 1 is open"));
    }

    [Test]
    public async Task AnApplyThatSomebodyElseWithdrawsEndsWith4(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await DoAsync(cancel, "guest", "pause");
        using var apply = LucosProcess.Start(Folder, "update", "apply", "fix-readlog");
        await apply.SeeErrorsAsync(1, cancel);
        await DoAsync(cancel, "update", "withdraw", "1");
        var (code, errors) = await apply.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(4), errors);
        Assert.That(apply.Output, Does.StartWith("refused: cancelled: withdrawn before the Update Manager took it\n"));
    }

    private async Task DoAsync(CancellationToken cancel, params string[] arguments)
    {
        var (code, output, errors) = await LucosAsync(cancel, arguments);
        Assert.That(code, Is.Zero, output + errors);
    }
}
