using System.Diagnostics;
using Lucos.Vmm.Snapshots;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Snapshots;

/// <summary>Forks of a machine on bare programs: isolation, exactness in pending states, and what they cost.</summary>
public sealed class ForkTests
{
    [Test]
    public void AForkGoesOnLikeTheOriginal()
    {
        using BareGuest guest = Counting();
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        using Machine fork = guest.Machine.Fork();

        guest.Machine.Run(RunLimits.ForBlocks(1234));
        fork.Run(RunLimits.ForBlocks(1234));

        AssertSame(fork, guest.Machine);
    }

    [Test]
    public void NeitherSeesTheOthersStores()
    {
        using BareGuest guest = Counting();
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        ulong before = Counter(guest.Machine);
        using Machine first = guest.Machine.Fork();
        using Machine second = guest.Machine.Fork();

        guest.Machine.Run(RunLimits.ForBlocks(100));
        Assert.That((Counter(first), Counter(second)), Is.EqualTo((before, before)), "the original's stores");

        first.Run(RunLimits.ForBlocks(5000));
        Assert.That(Counter(second), Is.EqualTo(before), "a sibling's stores");
        Assert.That(Counter(guest.Machine), Is.GreaterThan(before).And.LessThan(Counter(first)), "a fork's stores");
    }

    [Test]
    public void AForkOfAForkGoesOnWhenTheOthersAreGone()
    {
        using BareGuest guest = Counting();
        guest.Machine.Run(RunLimits.ForBlocks(10));
        Machine child = guest.Machine.Fork();
        child.Run(RunLimits.ForBlocks(990));
        using Machine grandchild = child.Fork();
        child.Dispose();
        guest.Machine.Run(RunLimits.ForBlocks(1490));

        grandchild.Run(RunLimits.ForBlocks(500));

        AssertSame(grandchild, guest.Machine);
    }

    [TestCase(10)]
    [TestCase(2000)]
    public void PagesThatTheOriginalChangedSinceItsLastForkAreInTheNext(int pages)
    {
        using BareGuest guest = Counting();
        guest.Machine.Fork().Dispose();
        for (int page = 0; page < pages; page++)
        {
            guest.Write64(0x1000000 + ((ulong)page * 4096), (ulong)page + 1);
        }

        using MachineSnapshot snapshot = guest.Machine.TakeSnapshot();
        using Machine fork = snapshot.Fork();

        Assert.That(fork.HashMemory(), Is.EqualTo(guest.Machine.HashMemory()));
        Assert.That(snapshot.CopiedPages, pages > 1000 ? Is.Zero : Is.GreaterThanOrEqualTo(pages), "many changed pages make a new file instead");
        using MachineSnapshot next = guest.Machine.TakeSnapshot();
        Assert.That(next.CopiedPages, pages > 1000 ? Is.Zero : Is.GreaterThanOrEqualTo(pages));
    }

    [Test]
    public void AForkIsWithoutTheOriginalsBreakpoints()
    {
        using BareGuest guest = Counting();
        guest.Machine.Run(RunLimits.ForBlocks(100));
        guest.Machine.Breakpoints.Add(new(guest.Registers.Rip));
        using Machine fork = guest.Machine.Fork();

        Assert.That(fork.Run(RunLimits.ForBlocks(100)), Is.InstanceOf<MachineStop.Limit>());
        Assert.That(guest.Machine.Run(RunLimits.ForBlocks(100)), Is.InstanceOf<MachineStop.Breakpoint>());
    }

    [Test]
    public void AMachineThatHasEndedIsRefused()
    {
        using BareGuest guest = new();
        guest.Boot(a => BareGuest.PowerOff(a, 3));
        guest.Run();

        Assert.That(guest.Machine.TakeSnapshot, Throws.TypeOf<SnapshotException>().With.Message.StartsWith("machine-ended"));
    }

    [Test]
    public void AMachineThatRunsIsRefused()
    {
        using BareGuest guest = new();
        guest.Boot(a =>
        {
            a.mov(al, 0x41);
            a.mov(dx, 0x3f8);
            a.@out(dx, al);
            BareGuest.PowerOff(a, 3);
        });
        guest.Machine.Console.Output += _ => guest.Machine.TakeSnapshot();

        Assert.That(guest.Run, Throws.InvalidOperationException.With.Message.StartsWith("machine-runs"));
    }

    [Test]
    public void AThousandForksLeaveNoMemoryAndNoDescriptorsBehind()
    {
        using BareGuest guest = Counting();
        guest.Machine.Run(RunLimits.ForBlocks(1000));
        using MachineSnapshot snapshot = guest.Machine.TakeSnapshot();
        ForkAndRun(snapshot, 50);
        (long memory, int descriptors) = (ResidentBytes(), OpenDescriptors());

        ForkAndRun(snapshot, 1000);

        Assert.That(OpenDescriptors(), Is.LessThan(descriptors + 10));
        Assert.That(ResidentBytes() - memory, Is.LessThan(64L << 20));
    }

    [Test]
    public void AForkAfterTheSnapshotIsGoneIsRefused()
    {
        using BareGuest guest = Counting();
        MachineSnapshot snapshot = guest.Machine.TakeSnapshot();
        snapshot.Dispose();

        Assert.That(snapshot.Fork, Throws.TypeOf<ObjectDisposedException>());
    }

    internal static void AssertSame(Machine actual, Machine expected)
    {
        Assert.Multiple(() =>
        {
            Assert.That(actual.Clock.Blocks, Is.EqualTo(expected.Clock.Blocks), "blocks");
            Assert.That(actual.Clock.Now, Is.EqualTo(expected.Clock.Now), "time");
            Assert.That(actual.IdleWarps, Is.EqualTo(expected.IdleWarps), "idle periods");
            Assert.That(actual.Vcpus[0].Registers, Is.EqualTo(expected.Vcpus[0].Registers), "registers");
            Assert.That(actual.HashMemory(), Is.EqualTo(expected.HashMemory()), "memory");
        });
    }

    private static BareGuest Counting()
    {
        BareGuest guest = new();
        guest.Boot(a =>
        {
            var again = a.CreateLabel();
            a.mov(rbx, BareGuest.Scratch);
            a.Label(ref again);
            a.inc(__qword_ptr[rbx]);
            a.jmp(again);
        });
        return guest;
    }

    private static ulong Counter(Machine machine) => machine.Memory.ReadUInt64(new(BareGuest.Scratch));

    private static void ForkAndRun(MachineSnapshot snapshot, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using Machine fork = snapshot.Fork();
            fork.Run(RunLimits.ForBlocks(100));
        }
    }

    private static long ResidentBytes()
    {
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
