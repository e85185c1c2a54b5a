using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Recording;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>That an operator asked for the coherence ledger enters a guest from outside, so it is in its record, and a replay needs it.</summary>
public sealed class VerifiedRequestReplayTests
{
    private static readonly Lazy<Record> s_record = new(MakeRecord);

    [Test]
    public void ARunWithAVerifiedUpdateReplaysToTheEndAndKeepsTheSameLedger()
    {
        using var replayer = new Replayer(s_record.Value, Replayer.Kernel(s_record.Value.Head), new ReplayOptions(), CancellationToken.None);
        var result = replayer.Run();
        Assert.That((result.Reason, result.Divergence), Is.EqualTo(("end", default(Divergence))));
        Assert.That(replayer.Guest.Ledger(replayer.Guest.Updates[^1].Id), Has.Count.EqualTo(s_stores));
    }

    [Test]
    public void AReplayThatForgetsItDiverges()
    {
        var entries = s_record.Value.Entries.Select(e => e is RecordEntry.Submitted submitted ? submitted with { VerifyCoherence = false } : e).ToList();
        using var replayer = new Replayer(s_record.Value with { Entries = entries }, Replayer.Kernel(s_record.Value.Head), new ReplayOptions(), CancellationToken.None);
        Assert.That(replayer.Run().Divergence, Is.Not.Null);
    }

    private static int s_stores;

    private static Record MakeRecord()
    {
        var stream = new MemoryStream();
        var options = new RecordOptions(MarkEvery: 10_000, MemoryEvery: 200_000);
        using (var guest = new VmmGuestStarter(UpdatableGuest.Files).StartRecorded(new GuestSettings { Seed = 3 }, null, stream, options))
        using (var session = new GuestSession(guest))
        {
            session.AwaitPrompt(UpdatableGuest.Budget);
            session.Run("sleep 1000 | cat &", UpdatableGuest.Budget);
            session.RunBlocks(500_000);
            var driver = new UpdateDriver(session);
            var answer = driver.AskAsOperator(RequestKind.Apply, "pipe-wide", UpdatableGuest.Package("pipe-wide"), UpdatableGuest.Budget, verifyCoherence: true);
            Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
            session.Run("echo through | cat", UpdatableGuest.Budget);
            s_stores = guest.Ledger(answer.UpdateId).Count;
            Assert.That(s_stores, Is.GreaterThan(10));
            guest.Type("poweroff\n"u8);
            while (guest.Run(UpdatableGuest.Budget).CanRunOn)
            {
            }

            s_stores = guest.Ledger(answer.UpdateId).Count;
        }

        return Record.Read(new MemoryStream(stream.ToArray()));
    }
}
