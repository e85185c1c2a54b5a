using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Updates;

/// <summary>
/// Each allocation of the Update Manager fails once, and each of its hypercalls is refused once, on the way of an update from its application to the end of
/// its undo: the old code or the new one is in force as the answer says, nothing is left behind, and the next try succeeds.
/// </summary>
public sealed class ManagerFaultTests
{
    private const string Sleeper = "sleep 1000 | cat";
    private const string Load = "pipeload";
    private const int FewestFaults = 5;
    private const ulong Settling = 20_000;

    [TestCase("fix-readlog", null)]
    [TestCase("pipe-ring", Sleeper)]
    [TestCase("pipe-ring", Load)]
    public void AllocationThatFailsEndsInAKnownState(string name, string? job) => TryAll(name, job, PlannedFault.OfAllocation);

    [TestCase("fix-readlog", null)]
    [TestCase("pipe-ring", Sleeper)]
    [TestCase("pipe-ring", Load)]
    public void HypercallThatIsRefusedEndsInAKnownState(string name, string? job) => TryAll(name, job, PlannedFault.OfHypercall);

    private static void TryAll(string name, string? job, Func<UpdatableGuest, int, PlannedFault> plan)
    {
        using var booted = new UpdatableGuest();
        new Life(booted, name, job, "warm-up").Go(null);
        new Life(booted, name, job, "no fault").GoAndLeaveNothing(null);
        using var snapshot = booted.Guest.TakeSnapshot();
        var number = 1;
        while (Try(snapshot, name, job, plan, number))
        {
            number++;
        }

        Assert.That(number, Is.GreaterThan(FewestFaults), "so many can fail at least");
    }

    /// <summary>A life with one fault, and one without.</summary>
    /// <returns>Whether the fault has happened.</returns>
    private static bool Try(IGuestSnapshot snapshot, string name, string? job, Func<UpdatableGuest, int, PlannedFault> plan, int number)
    {
        using var guest = new UpdatableGuest(snapshot);
        bool happened;
        using (var fault = plan(guest, number))
        {
            new Life(guest, name, job, $"fault {number}").GoAndLeaveNothing(fault);
            happened = fault.Happened;
        }

        new Life(guest, name, job, $"behind fault {number}").GoAndLeaveNothing(null);
        Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"), $"fault {number}");
        return happened;
    }

    /// <summary>An update's life in one guest. A refusal is allowed where a fault is planned.</summary>
    private sealed class Life(UpdatableGuest guest, string name, string? job, string what)
    {
        private readonly byte[] _code = guest.CopyCode();
        private readonly string _use = KernelMemoryUse.Of(guest);
        private readonly int _known = guest.Guest.Updates.Count;
        private string? _process;

        internal void Go(PlannedFault? fault)
        {
            _process = job is null ? null : GuestLoad.StartJob(guest, job);
            var applied = Ask(fault, RequestKind.Apply, UpdatableGuest.Package(name));
            var isApplied = applied.Refusal == Refusal.None;
            TestContext.Out.WriteLine($"{what}: {applied.Refusal} {applied.Detail}");
            if (!isApplied)
            {
                CheckRefused(fault, applied);
            }

            EndSleep();
            if (isApplied)
            {
                Await(fault, UpdateState.Finished);
                Undo(fault);
            }

            EndLoad();
        }

        internal void GoAndLeaveNothing(PlannedFault? fault)
        {
            Go(fault);
            CheckNothingIsLeft();
        }

        private void CheckRefused(PlannedFault? fault, RequestAnswer applied)
        {
            Assert.That(fault, Is.Not.Null, $"{what}: {applied.Detail}");
            Assert.That(applied.Detail, Is.Not.Empty, what);
            Assert.That(guest.Guest.Updates.Skip(_known).Select(u => u.State), Is.All.EqualTo(UpdateState.Refused).Or.EqualTo(UpdateState.Aborted), what);
            Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo(guest.Guest.BootedVersion), what);
        }

        private void Undo(PlannedFault? fault)
        {
            var undone = Ask(fault, RequestKind.Undo, []);
            if (undone.Refusal != Refusal.None)
            {
                TestContext.Out.WriteLine($"{what}: undo {undone.Refusal} {undone.Detail}");
                Assert.That(fault, Is.Not.Null, $"{what}: {undone.Detail}");
                Assert.That(undone.Detail, Is.Not.Empty, what);
                Assert.That(guest.Update(name).State, Is.EqualTo(UpdateState.Finished), what);
                Assert.That(guest.Guest.EffectiveVersion, Does.EndWith($"+{name}"), what);
                Assert.That(Ask(fault, RequestKind.Undo, []).Refusal, Is.EqualTo(Refusal.None), what);
            }

            Await(fault, UpdateState.RolledBack);
        }

        private void CheckNothingIsLeft()
        {
            guest.Session.Await($"{what}: memory to be freed", () => KernelMemoryUse.Of(guest) == _use, UpdatableGuest.Budget);
            Assert.That(guest.HasCode(_code), Is.True, what);
        }

        private RequestAnswer Ask(PlannedFault? fault, RequestKind kind, byte[] package)
        {
            guest.Session.RunBlocks(Settling);
            var memory = Memory(guest).ToArray();
            var request = guest.Submit(kind, package.Length == 0 ? name : "package", package);
            RequestAnswer? answer = null;
            Await(fault, "the Update Manager to answer", () => (answer ??= guest.Guest.AnswerTo(request)) is not null);
            if (answer!.Refusal != Refusal.None && job != Load)
            {
                CheckMemory(memory);
            }

            return answer;
        }

        // All of it: nobody but the manager has done anything meanwhile.
        private void CheckMemory(byte[] before)
        {
            guest.Session.RunBlocks(Settling);
            var differences = new MemoryRegions(guest.Machine, UpdatableGuest.Kernel).Differences(before, Memory(guest));
            Assert.That(differences.Keys.Except(ExplainedDifferences.Of(cpus: 1)), Is.Empty, what);
        }

        /// <summary>The shell may sleep inside of what is left, and leaves it with the next command.</summary>
        private void Await(PlannedFault? fault, UpdateState state)
        {
            var command = guest.Session.Begin("true");
            Await(fault, $"{name} to be {state}", () => guest.Update(name).State == state && (state != UpdateState.RolledBack || guest.Update(name).MemoryReleased));
            guest.Session.Finish(command, UpdatableGuest.Budget);
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

        private void EndSleep()
        {
            if (job == Sleeper)
            {
                GuestLoad.Wake(guest, _process!);
            }
        }

        private void EndLoad()
        {
            if (job == Load)
            {
                Assert.That(guest.Run($"kill -TERM {_process}; wait {_process}").Output, Does.Match(@"(?m)^pipeload: bytes=[1-9]\d* errors=0\s*$"), what);
            }
        }

        private static ReadOnlySpan<byte> Memory(UpdatableGuest guest) =>
            guest.Machine.Memory.Span(new GuestPhysicalAddress(0), (int)guest.Machine.Memory.Size);
    }
}
