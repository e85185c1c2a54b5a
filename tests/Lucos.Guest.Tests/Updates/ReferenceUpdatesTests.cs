using System.Globalization;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Running;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>
/// Every reference update is applied, worked with and undone in every situation: nothing is lost, no byte is wrong, nobody hangs, and
/// nothing is left behind. One seed for each is tried by default; <c>LUCOS_TEST_SEEDS=50</c> tries seeds 1 to 50.
/// </summary>
public sealed class ReferenceUpdatesTests : IDisposable
{
    private const string Variable = "LUCOS_TEST_SEEDS";
    private const int MostBlocksBetween = 150_000;
    private const int LastWords = 4000;

    private static readonly int[] s_processors = [1, 4];

    private readonly BootedGuests _booted = new();

    public void Dispose() => _booted.Dispose();

    [TestCaseSource(nameof(Cases))]
    public void AnUpdateComesAndGoesAndLeavesNothing(int cpus, ulong seed, string name, Situation situation)
    {
        var update = ReferenceUpdates.Find(name);
        using var guest = _booted.Take(cpus, seed);
        var run = new Run(guest, update, new Random(HashOf(seed, name, situation)));
        run.WarmUp();
        var code = guest.CopyCode();
        var memory = KernelMemoryUse.Of(guest);

        try
        {
            run.In(situation);
        }
        catch (GuestEndedException)
        {
            TestContext.Out.WriteLine(guest.Console[^Math.Min(guest.Console.Length, LastWords)..]);
            throw;
        }

        run.Check(inForce: false);
        guest.AwaitState(name, UpdateState.RolledBack);
        guest.Session.Await("the module's memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
        AwaitMemory(guest, memory);
        Assert.That(guest.HasCode(code), Is.True, "a byte of the kernel's code is another one");
        Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo(guest.Guest.BootedVersion));
        Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"));
    }

    private static IEnumerable<object[]> Cases() =>
        from kind in Kinds()
        from update in ReferenceUpdates.All
        from situation in Enum.GetValues<Situation>()
        select new object[] { kind.Cpus, kind.Seed, update.Name, situation };

    private static IEnumerable<(int Cpus, ulong Seed)> Kinds() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wanted
        ? from seed in Seeds(wanted) from cpus in s_processors select (cpus, seed)
        : [(1, 1UL), (4, 2UL)];

    private static IEnumerable<ulong> Seeds(string wanted) => int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
        ? Enumerable.Range(1, count).Select(seed => (ulong)seed)
        : throw new InvalidOperationException($"{Variable} is '{wanted}'; it must be the number of seeds to try, such as 20");

    // string.GetHashCode is another one in every process.
    private static int HashOf(ulong seed, string name, Situation situation) => name.Aggregate(((int)seed * 31) + (int)situation, (hash, c) => (hash * 31) + c);

    // Threads that have ended are put away by others, a little later.
    private static void AwaitMemory(UpdatableGuest guest, string before)
    {
        for (var round = 0; round < 20 && KernelMemoryUse.Of(guest) != before; round++)
        {
            guest.Session.RunBlocks(20_000);
        }

        Assert.That(KernelMemoryUse.Of(guest), Is.EqualTo(before), "the kernel's use of memory");
    }

    /// <summary>One update's life in one guest.</summary>
    private sealed class Run(UpdatableGuest guest, ReferenceUpdate update, Random random)
    {
        private bool _exploited;

        internal void In(Situation situation)
        {
            switch (situation)
            {
                case Situation.Idle:
                    Apply();
                    Check(inForce: true);
                    guest.AwaitState(update.Name, UpdateState.Finished);
                    Undo();
                    break;
                case Situation.UnderLoad:
                    WithLoad(Apply);
                    Check(inForce: true);
                    guest.AwaitState(update.Name, UpdateState.Finished);
                    WithLoad(Undo);
                    break;
                case Situation.ThreadsInside when random.Next(2) == 0:
                    WithThreadsInside(() =>
                    {
                        ApplyToThem();
                        Pause();
                        Undo();
                    });
                    break;
                default:
                    WithThreadsInside(ApplyToThem);
                    Assert.That(_exploited, Is.False, "an exploit that slept in the old code");
                    Check(inForce: true);
                    guest.AwaitState(update.Name, UpdateState.Finished);
                    WithThreadsInside(Undo);
                    break;
            }
        }

        /// <summary>Does all that is done later, but the update: so that what is used once and kept is there.</summary>
        internal void WarmUp()
        {
            WithThreadsInside(() => { });
            Assert.That(_exploited || update.Exploit is null || guest.Guest.Processors.Count > 1, Is.True, "the flaw is there");
            Check(inForce: false);
        }

        internal void Check(bool inForce)
        {
            var said = guest.Run(update.Check).Output;
            Assert.That(said, Does.Contain(update.Checked));
            Assert.That(update.Sign is null || said.Contains(update.Sign, StringComparison.Ordinal) == inForce, said);
        }

        private void WithLoad(Action act)
        {
            var load = GuestLoad.Start(guest, update);
            Pause();
            act();
            Pause();
            load.Stop();
        }

        private void WithThreadsInside(Action act)
        {
            var sleeper = update.Sleeper?.Start(guest);
            WithLoad(() =>
            {
                var exploit = update.Exploit?.Begin(guest);
                SeekMoment();
                act();
                _exploited = exploit is not null && update.Exploit!.End(guest, exploit);
            });
            if (sleeper is not null)
            {
                GuestLoad.Wake(guest, sleeper);
            }
        }

        private void SeekMoment()
        {
            if (update.MomentInside(random) is { } moment)
            {
                new MomentSeeker(guest.Session).RunUntil(moment, UpdatableGuest.Budget);
            }
        }

        private void Apply()
        {
            var answer = guest.Apply(update.Name);
            Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        }

        private void ApplyToThem()
        {
            Apply();
            var info = guest.Update(update.Name);
            TestContext.Out.WriteLine($"{info.State}: {info.Blockers.Count} inside, {info.Stubs} stubs");
            Assert.That(!update.HoldsThreads || info.State == UpdateState.Draining, "somebody is inside of the old code");
        }

        private void Undo()
        {
            var answer = guest.Undo(update.Name);
            Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        }

        private void Pause() => guest.Session.RunBlocks((ulong)random.Next(1, MostBlocksBetween));
    }
}
