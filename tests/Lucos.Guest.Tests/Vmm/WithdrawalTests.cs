using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Recording;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A request that the Update Manager has not taken can be taken back, and is then never carried out; also in forks and replays.</summary>
public sealed class WithdrawalTests
{
    private const ulong Rounds = 3_000_000;

    private static readonly Lazy<Record> s_record = new(MakeRecord);

    [Test]
    public void ARequestToAGuestThatSpinsWithInterruptsOffIsWithdrawnAndNeverCarriedOut()
    {
        using var guest = new UpdatableGuest();
        var spinning = Spin(guest);
        var request = guest.Submit(RequestKind.Apply, "fix-readlog", UpdatableGuest.Package("fix-readlog"));
        guest.Session.RunOn(Rounds / 10);
        Assert.That(guest.Guest.OpenRequests.Select(r => (r.Id, r.IsTaken)), Is.EqualTo(new[] { (spinning, true), (request, false) }));
        using var fork = (VmmGuest)guest.Guest.Fork();

        Assert.That(guest.Guest.Withdraw(request), Is.True);

        Assert.That(guest.Answer(request).Refusal, Is.EqualTo(Refusal.Cancelled));
        Assert.That(guest.Answer(spinning).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None), "those that come later are served");
        Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo("0.1.0+spins+pipe-stats"));
        AssertServesTheFork(fork, request);
    }

    [Test]
    public void ARequestThatWasTakenIsNotWithdrawnAndIsCarriedOut()
    {
        using var guest = new UpdatableGuest();
        var spinning = Spin(guest);

        Assert.That(guest.Guest.Withdraw(spinning), Is.False);

        Assert.That(guest.Answer(spinning).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo("0.1.0+spins"));
        Assert.That(guest.Guest.Withdraw(spinning), Is.False, "nor when it has been answered");
    }

    [Test]
    public void ARunWithAWithdrawalReplaysToTheEnd()
    {
        using var replayer = Replay(s_record.Value.Entries);
        var result = replayer.Run();
        Assert.That((result.Reason, result.Divergence), Is.EqualTo(("end", default(Divergence))));
        Assert.That(replayer.Guest.EffectiveVersion, Is.EqualTo("0.1.0+pipe-stats"));
    }

    [Test]
    public void AReplayThatForgetsAWithdrawalDiverges()
    {
        using var replayer = Replay([.. s_record.Value.Entries.Where(e => e is not RecordEntry.Withdrawn)]);
        Assert.That(replayer.Run().Divergence, Is.Not.Null);
    }

    [Test]
    public void AReplayThatCanNotWithdrawWhatWasWithdrawnSaysSo()
    {
        using var replayer = Replay([.. s_record.Value.Entries.Select(e => e is RecordEntry.Withdrawn w ? w with { Request = w.Request + 9 } : e)]);
        Assert.That(replayer.Run().Divergence?.What, Is.EqualTo("request 10, which was withdrawn when this was recorded, can't be withdrawn"));
    }

    /// <summary>Has the guest take a request that keeps its processor busy for a while.</summary>
    private static ulong Spin(UpdatableGuest guest)
    {
        var request = guest.Submit(RequestKind.Apply, SpinningUpdate.Name, SpinningUpdate.Build(Rounds));
        guest.Session.Await("the loop", () => (guest.Machine.Current.Registers.Rflags & 0x200) == 0 && guest.Guest.DescribeCode(guest.Guest.InstructionPointer) is null, UpdatableGuest.Budget);
        return request;
    }

    private static void AssertServesTheFork(VmmGuest fork, ulong request)
    {
        using var session = new GuestSession(fork);
        RequestAnswer? answer = null;
        session.Await("the fork's answer", () => (answer ??= fork.AnswerTo(request)) is not null, UpdatableGuest.Budget);
        Assert.That(answer!.Refusal, Is.EqualTo(Refusal.None), "a fork does not see what the original withdraws");
        Assert.That(fork.EffectiveVersion, Is.EqualTo("0.1.0+spins+fix-readlog"));
    }

    private static Replayer Replay(IReadOnlyList<RecordEntry> entries) =>
        new(s_record.Value with { Entries = entries }, Replayer.Kernel(s_record.Value.Head), new ReplayOptions(), CancellationToken.None);

    private static Record MakeRecord()
    {
        var stream = new MemoryStream();
        using (var guest = new VmmGuestStarter(UpdatableGuest.Files).StartRecorded(new GuestSettings { Seed = 3 }, null, stream, new RecordOptions(MarkEvery: 10_000, MemoryEvery: 200_000)))
        using (var session = new GuestSession(guest))
        {
            session.AwaitPrompt(UpdatableGuest.Budget);
            var request = guest.Submit(RequestKind.Apply, "fix-readlog", UpdatableGuest.Package("fix-readlog"));
            session.RunBlocks(1);
            Assert.That(guest.Withdraw(request), Is.True);
            Assert.That(guest.Withdraw(request), Is.False, "nothing enters the guest by this, and nothing is recorded");
            var answer = new UpdateDriver(session).AskAsOperator(RequestKind.Apply, "pipe-stats", UpdatableGuest.Package("pipe-stats"), UpdatableGuest.Budget);
            Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
            guest.Type("poweroff\n"u8);
            while (guest.Run(UpdatableGuest.Budget).CanRunOn)
            {
            }
        }

        var record = Record.Read(new MemoryStream(stream.ToArray()));
        Assert.That(record.Entries.Count(e => e is RecordEntry.Withdrawn), Is.EqualTo(1));
        return record;
    }
}
