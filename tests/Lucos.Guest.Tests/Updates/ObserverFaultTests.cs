using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>
/// What the Update Manager does in other threads fails: the new version of an object that a program's system call allocates can't be made, or the server refuses its birth.
/// The call fails as if the object itself could not be allocated; the update goes on, and nothing is left behind.
/// </summary>
public sealed class ObserverFaultTests
{
    private const ulong Settling = 20_000;
    private const int FewestFaults = 2;

    // Of the births of all stacks of all processes in all states: what comes later is like what came before.
    private const int EachOfTheFirst = 10;
    private const int Stride = 7;

    private const string Command = "echo through | cat";
    private const string Said = "through\n";

    // Init waits for its children in what one of them replaces: these end there one after the other.
    private const string Orphans = "sh -c \"sleep 0.1 & sleep 0.2 &\"; sleep 0.3";

    private static readonly string[] s_names = ["pipe-ring", "file-rate", "vmalloc-owners"];

    [TestCaseSource(nameof(s_names))]
    public void NewVersionThatCannotBeMadeFailsTheCallAlone(string name) => TryAll(name, PlannedFault.OfObserver);

    [TestCaseSource(nameof(s_names))]
    public void BirthThatIsRefusedFailsTheCallAlone(string name) => TryAll(name, PlannedFault.OfBirth);

    /// <summary>Who frees an object can't be told that it failed: nobody must notice.</summary>
    [TestCaseSource(nameof(s_names))]
    public void DeathThatIsRefusedFailsNothing(string name) => TryAll(name, PlannedFault.OfDeath, mayFail: false);

    private static void TryAll(string name, Func<UpdatableGuest, int, PlannedFault> plan, bool mayFail = true)
    {
        using var booted = new UpdatableGuest();
        new Life(booted, name, "warm-up").Go(null);
        new Life(booted, name, "no fault").GoAndLeaveNothing(null);
        using var snapshot = booted.Guest.TakeSnapshot();
        var number = 1;
        while (Try(snapshot, name, plan, number, mayFail))
        {
            number += number < EachOfTheFirst ? 1 : Stride;
        }

        Assert.That(number, Is.GreaterThan(FewestFaults), "so many can fail at least");
    }

    private static bool Try(IGuestSnapshot snapshot, string name, Func<UpdatableGuest, int, PlannedFault> plan, int number, bool mayFail)
    {
        using var guest = new UpdatableGuest(snapshot);
        using var fault = plan(guest, number);
        new Life(guest, name, $"fault {number}", mayFail).GoAndLeaveNothing(fault);
        return fault.Happened;
    }

    /// <summary>An update's life in one guest, in which a command is used in each state. One use may fail where a fault is planned.</summary>
    private sealed class Life(UpdatableGuest guest, string name, string what, bool mayFail = true)
    {
        private readonly byte[] _code = guest.CopyCode();
        private readonly string _memory = KernelMemoryUse.Of(guest);

        internal void Go(PlannedFault? fault)
        {
            var sleeper = GuestLoad.StartJob(guest, "sleep 1000 | cat");
            var sleep = GuestLoad.SleepOf(guest);
            Assert.That(Ask(fault, RequestKind.Apply, UpdatableGuest.Package(name)).Refusal, Is.EqualTo(Refusal.None), what);
            Use(fault, UpdateState.Draining);

            // One of them may fail to be started.
            Run(fault, $"kill -TERM {sleep}; kill -TERM {sleep}; wait {sleeper}");
            End(fault, UpdateState.Finished);
            Use(fault, UpdateState.Finished);
            Assert.That(Ask(fault, RequestKind.Undo, []).Refusal, Is.EqualTo(Refusal.None), what);
            Use(fault, null);
            End(fault, UpdateState.RolledBack);
        }

        internal void GoAndLeaveNothing(PlannedFault? fault)
        {
            Go(fault);
            guest.Session.Await($"{what}: the module's memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
            Assert.That(guest.HasCode(_code), Is.True, what);
            Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo(guest.Guest.BootedVersion), what);
            Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"), what);
            guest.Run("true");
            guest.Session.RunBlocks(Settling);
            Assert.That(KernelMemoryUse.Of(guest), Is.EqualTo(_memory), what);
        }

        // Twice: what has failed once does not fail again.
        private void Use(PlannedFault? fault, UpdateState? state)
        {
            UseOnce(fault);
            UseOnce(fault);
            Assert.That(state is null || guest.Update(name).State == state, Is.True, $"{what}: {guest.Update(name).State} {guest.Update(name).Detail}");
        }

        private void UseOnce(PlannedFault? fault)
        {
            var before = fault is { Happened: true };
            var said = Run(fault, Command);
            if (said.Contains(Said, StringComparison.Ordinal))
            {
                return;
            }

            TestContext.Out.WriteLine($"{what} in {guest.Update(name).State}: {said}");
            Assert.That(mayFail && !before && fault is { Happened: true }, Is.True, $"{what}: {said}");
            Assert.That(said, Does.Contain("out of memory"), what);
        }

        private RequestAnswer Ask(PlannedFault? fault, RequestKind kind, byte[] package)
        {
            var request = guest.Submit(kind, name, package);
            RequestAnswer? answer = null;
            Await(fault, "the Update Manager to answer", () => (answer ??= guest.Guest.AnswerTo(request)) is not null);
            return answer!;
        }

        private void End(PlannedFault? fault, UpdateState state)
        {
            Run(fault, Orphans);
            Run(fault, Orphans);
            Await(fault, $"{name} to be {state}", () => guest.Update(name).State == state);
        }

        private string Run(PlannedFault? fault, string command)
        {
            var begun = guest.Session.Begin(command);
            Await(fault, command, () => guest.Session.Console.Since(begun.Mark).Contains("lucos:/$ ", StringComparison.Ordinal));
            return guest.Session.Console.Since(begun.Mark).ToString();
        }

        private void Await(PlannedFault? fault, string awaited, Func<bool> condition)
        {
            if (fault is null)
            {
                guest.Session.Await($"{what}: {awaited}", condition, UpdatableGuest.Budget);
                return;
            }

            fault.Await($"{what}: {awaited}", condition);
        }
    }
}
