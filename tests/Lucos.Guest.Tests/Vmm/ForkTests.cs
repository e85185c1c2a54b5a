using System.Text;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A fork of the real guest, under load and with updates under way, goes on exactly like the original.</summary>
public sealed class ForkTests
{
    private const int Points = 200;
    private const ulong Comparison = 3_000;

    /// <summary>Blocks between two points. Half a dozen threads share the processor with the Update Manager, so an update and its undo take millions.</summary>
    private const int Distance = 80_000;

    [TestCase(1)]
    [TestCase(4)]
    public void ForksAtTwoHundredMomentsOfABusyGuestGoOnLikeTheOriginal(int cpus)
    {
        using var guest = Busy(cpus);
        using var start = guest.Guest.TakeSnapshot();
        var random = new Random(4711);
        var script = new Dictionary<ulong, Action<IGuest>>();
        for (var point = 0; point < Points; point++)
        {
            Ask(guest.Guest, script, point);
            Run(guest.Guest, (ulong)random.Next(1, Distance));
            using var fork = guest.Guest.Fork();
            var actual = Run(fork, Comparison);
            var expected = Run(guest.Guest, Comparison);

            Assert.That(actual, Is.EqualTo(expected), $"console after point {point}");
            AssertSame(fork, guest.Guest, $"at point {point}, block {guest.Guest.Blocks}", compareMemory: point % 8 == 0);
        }

        Assert.That(guest.Guest.History.Select(r => r.Event), Does.Contain(JournalEvents.RollingBack), "an update and its undo lie between the points");
        guest.AwaitState("pipe-stats", UpdateState.RolledBack);
        using var straight = start.Fork();
        Replay(straight, script, guest.Guest.Blocks);
        AssertSame(straight, guest.Guest, "without any fork in between");
        Assert.That(((VmmGuest)straight).Machine.HashMemory(), Is.EqualTo(guest.Machine.HashMemory()));
    }

    [Test]
    public void ManyForksOfOneMomentAreTheSameAndDontSeeEachOther()
    {
        using var guest = Busy();
        using var snapshot = guest.Guest.TakeSnapshot();
        using var first = snapshot.Fork();
        var expected = Run(first, 50_000);
        for (var i = 0; i < 20; i++)
        {
            using var fork = snapshot.Fork();
            Assert.That(Run(fork, 50_000), Is.EqualTo(expected));
            AssertSame(fork, first, $"fork {i}");
        }

        Assert.That(guest.Guest.Blocks, Is.EqualTo(snapshot.Blocks), "the original has not moved");
    }

    [Test]
    public void AForkTakesBackAnUpdateThatTheOriginalApplied()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-stats", UpdateState.Finished);
        var before = guest.CopyCode();
        using var fork = guest.Guest.Fork();
        using var session = new GuestSession(fork);
        var driver = new UpdateDriver(session);

        Assert.That(driver.AskAsOperator(RequestKind.Undo, "pipe-stats", default, UpdatableGuest.Budget).Refusal, Is.EqualTo(Refusal.None));
        driver.AwaitState("pipe-stats", UpdateState.RolledBack, UpdatableGuest.Budget);

        Assert.That((fork.EffectiveVersion, guest.Guest.EffectiveVersion), Is.EqualTo(("0.1.0", "0.1.0+pipe-stats")));
        Assert.That(guest.HasCode(before), "the original's code is untouched");
        Assert.That(guest.Guest.History[^1].Sequence, Is.LessThan(fork.History[^1].Sequence), "the fork's journal goes on by itself");
    }

    [TestCase("pipe-wide", "pipeload --seconds 1000")]
    [TestCase("counters-64-lazy", "ioload --calls 1000000")]
    public void ForksWhileBothVersionsOfDataLiveGoOnLikeTheOriginal(string name, string load)
    {
        using var guest = new UpdatableGuest();
        guest.Run("sleep 1000 | cat &");
        guest.Run($"{load} &");
        Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Update(name).Data, Has.Property("IsMonitored").True);
        var pending = 0;
        for (var point = 0; point < 20; point++)
        {
            Run(guest.Guest, (ulong)(1_000 + (977 * point)));
            var stands = guest.Update(name).Data!;
            pending += stands.PutOff > stands.MadeUp ? 1 : 0;
            using var fork = guest.Guest.Fork();

            Assert.That(Run(fork, Comparison), Is.EqualTo(Run(guest.Guest, Comparison)), $"console after point {point}");

            AssertSame(fork, guest.Guest, $"at point {point}", compareMemory: point % 8 == 0);
            Assert.That(fork.Updates[^1].Data! with { Types = [] }, Is.EqualTo(guest.Update(name).Data! with { Types = [] }));
        }

        var data = guest.Update(name).Data!;
        Assert.That(data.Intercepted, Is.GreaterThan(100), "the load went through both versions meanwhile");
        Assert.That(name == "pipe-wide" ? data.Transfers > 100 : pending > 0);
    }

    /// <summary>Nobody who handles the counters is left in old code, and an old sleeper keeps the update draining.</summary>
    [Test]
    public void AForkWhileATypeIsLeftIsUndoneLikeTheOriginal()
    {
        const string Name = "counters-and-sleep";
        using var guest = new UpdatableGuest();
        guest.Run("sleep 1000 &");
        Assert.That(guest.Apply(Name).Refusal, Is.EqualTo(Refusal.None));
        guest.Run("ioload --calls 100");
        guest.Session.Await("the counters to be left", () => guest.Update(Name).Data!.Types[0].IsLeft, UpdatableGuest.Budget);
        guest.Run("ioload --calls 100");
        using var fork = guest.Guest.Fork();
        using var restored = ThroughAFile(guest.Guest);

        Undo(guest.Guest, Name);
        Undo(fork, Name);
        Undo(restored, Name);

        AssertSame(fork, guest.Guest, "undone");
        AssertSame(restored, guest.Guest, "undone, from a file");
        Assert.That(fork.Updates[^1].State, Is.EqualTo(UpdateState.RolledBack));
    }

    [TestCase(1)]
    [TestCase(4)]
    public void AGuestFromAFileGoesOnLikeTheOriginalInTheMiddleOfAnUpdate(int cpus)
    {
        using var guest = Busy(cpus);
        var request = guest.Submit(RequestKind.Apply, "package", UpdatableGuest.Package("pipe-stats"));
        guest.AwaitState("pipe-stats", UpdateState.Draining);
        using var restored = ThroughAFile(guest.Guest);
        Assert.That(guest.Guest.AnswerTo(request), Is.Null, "the request is under way");

        Undo(guest.Guest, "pipe-stats");
        Undo(restored, "pipe-stats");

        Assert.That(restored.AnswerTo(request), Is.EqualTo(guest.Guest.AnswerTo(request)));
        Assert.That(restored.Updates.Single().State, Is.EqualTo(UpdateState.RolledBack));
        AssertSame(restored, guest.Guest, "after the undo");
    }

    // The shell may sleep in what is replaced.
    private static void Undo(IGuest guest, string name)
    {
        guest.Submit(RequestKind.Undo, name, default);
        RunUntil(guest, state => state is UpdateState.RollingBack or UpdateState.RolledBack);
        guest.Type("\n"u8);
        RunUntil(guest, state => state == UpdateState.RolledBack);
    }

    private static void RunUntil(IGuest guest, Predicate<UpdateState> reached)
    {
        for (var end = guest.Blocks + UpdatableGuest.Budget; !reached(guest.Updates[^1].State) && guest.Blocks < end;)
        {
            Run(guest, 50_000);
        }
    }

    private static VmmGuest ThroughAFile(IGuest guest)
    {
        using var file = new MemoryStream();
        using (var taken = (VmmGuestSnapshot)guest.TakeSnapshot())
        {
            SnapshotFile.Save(taken.Machine, file);
        }

        file.Position = 0;
        using var snapshot = new VmmGuestSnapshot(SnapshotFile.Load(file, "tested", UpdatableGuest.Kernel));
        return snapshot.Fork(NullJournal.Instance);
    }

    private static UpdatableGuest Busy(int cpus = 1)
    {
        var guest = new UpdatableGuest(seed: 3, cpus);
        guest.Run("reqload --requests 100000 &");
        guest.Run("pipeload --seconds 1000 &");
        return guest;
    }

    // Requests, keystrokes and their answers are part of what must go the same way.
    private static void Ask(IGuest guest, Dictionary<ulong, Action<IGuest>> script, int point)
    {
        Action<IGuest>? input = (point % 50) switch
        {
            5 => g => g.Submit(RequestKind.Apply, "package", UpdatableGuest.Package("pipe-stats")),
            30 => g => g.Submit(RequestKind.Undo, "pipe-stats", default),
            45 => g => g.Type(Encoding.UTF8.GetBytes("ls /\n")),
            _ => null,
        };
        if (input is not null)
        {
            script[guest.Blocks] = input;
            input(guest);
        }
    }

    private static void Replay(IGuest guest, Dictionary<ulong, Action<IGuest>> script, ulong end)
    {
        foreach (var (block, input) in script.OrderBy(s => s.Key))
        {
            Run(guest, block - guest.Blocks);
            input(guest);
        }

        Run(guest, end - guest.Blocks);
    }

    private static string Run(IGuest guest, ulong blocks)
    {
        var console = new StringBuilder();
        void Listen(ReadOnlyMemory<byte> bytes) => console.Append(Encoding.Latin1.GetString(bytes.Span));
        guest.ConsoleOutput += Listen;
        var end = guest.Blocks + blocks;
        while (guest.Blocks < end)
        {
            Assert.That(guest.Run(end - guest.Blocks).CanRunOn, guest.DescribeProcessor());
        }

        guest.ConsoleOutput -= Listen;
        return console.ToString();
    }

    private static void AssertSame(IGuest actual, IGuest expected, string when, bool compareMemory = true)
    {
        var (one, other) = (((VmmGuest)actual).Machine, ((VmmGuest)expected).Machine);
        Assert.Multiple(() =>
        {
            Assert.That(one.Clock.Blocks, Is.EqualTo(other.Clock.Blocks), $"blocks {when}");
            Assert.That(one.Clock.Now, Is.EqualTo(other.Clock.Now), $"time {when}");
            Assert.That(one.IdleWarps, Is.EqualTo(other.IdleWarps), $"idle periods {when}");
            Assert.That(one.Vcpus.Select(v => (v.State, v.Registers)), Is.EqualTo(other.Vcpus.Select(v => (v.State, v.Registers))), $"registers {when}");
            Assert.That(actual.LastJournalSequence, Is.EqualTo(expected.LastJournalSequence), $"journal {when}");
            Assert.That(!compareMemory || Memory(one).SequenceEqual(Memory(other)), $"memory {when}");
        });
    }

    private static ReadOnlySpan<byte> Memory(Lucos.Vmm.Machine machine) => machine.Memory.Span(new GuestPhysicalAddress(0), (int)machine.Memory.Size);
}
