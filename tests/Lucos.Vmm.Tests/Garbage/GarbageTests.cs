using System.Globalization;

namespace Lucos.Vmm.Tests.Garbage;

/// <summary>
/// A thousand machines whose code is garbage behind a valid entry. Whatever they do, the run ends: by a halt, a power-off, a reset, a
/// reported shutdown or the block budget.
/// </summary>
[CancelAfter(300_000)]
public sealed class GarbageTests
{
    private const int Programs = 1000;
    private const ulong Budget = 1000;

    [Test]
    public void EveryGarbageProgramEndsInAHaltAShutdownOrItsBlockBudget([Values] GarbageKind kind, CancellationToken cancel)
    {
        using GarbageGuest guest = new();
        HashSet<string> ends = [];
        foreach (int seed in SeedsOf(kind))
        {
            cancel.ThrowIfCancellationRequested();
            Note(seed);
            using Machine machine = guest.Make(seed);
            MachineStop stop = RunToEnd(machine, cancel);
            Assert.That(machine.Clock.Blocks, Is.LessThanOrEqualTo(Budget), $"program {seed}: the budget is exact");
            AssertIsAnEnd(stop, seed);
            ends.Add(stop.GetType().Name);
        }

        Assert.That(ends, Has.Count.GreaterThanOrEqualTo(2), "the programs are not all alike");
    }

    [Test]
    public void TheSameGarbageEndsTheSameWayAndInPiecesToo([Values] GarbageKind kind)
    {
        using GarbageGuest guest = new();
        foreach (int seed in SeedsOf(kind).Take(20))
        {
            using Machine whole = guest.Make(seed);
            using Machine pieces = guest.Make(seed);
            MachineStop expected = whole.Run(RunLimits.ForBlocks(Budget));
            MachineStop stop = new MachineStop.Limit();
            while (stop.CanContinue && pieces.Clock.Blocks < whole.Clock.Blocks)
            {
                stop = pieces.Run(RunLimits.ForBlocks(Math.Min(97, whole.Clock.Blocks - pieces.Clock.Blocks)));
            }

            stop = expected is MachineStop.Limit ? stop : pieces.Run(RunLimits.ForBlocks(Budget));
            Assert.That(stop.GetType(), Is.EqualTo(expected.GetType()), $"program {seed}");
            Assert.That((pieces.Clock.Now, pieces.Clock.Blocks, pieces.HashMemory()), Is.EqualTo((whole.Clock.Now, whole.Clock.Blocks, whole.HashMemory())), $"program {seed}");
        }
    }

    private static IEnumerable<int> SeedsOf(GarbageKind kind) => Enumerable.Range(0, Programs).Where(seed => GarbageGuest.KindOf(seed) == kind);

    // A stop that was asked for while the machine does nothing would be another end; none is asked for here but by a test that hangs.
    private static MachineStop RunToEnd(Machine machine, CancellationToken cancel)
    {
        using CancellationTokenRegistration hang = cancel.Register(machine.RequestStop);
        return machine.Run(RunLimits.ForBlocks(Budget));
    }

    // Should the emulator take the whole process down, this is all that is left to tell by which program.
    private static void Note(int seed) =>
        File.WriteAllText(Path.Combine(TestContext.CurrentContext.WorkDirectory, "garbage-program"), seed.ToString(CultureInfo.InvariantCulture));

    private static void AssertIsAnEnd(MachineStop stop, int seed)
    {
        bool isEnd = stop is MachineStop.Limit or MachineStop.HaltedForever or MachineStop.PowerOff or MachineStop.Reset or MachineStop.TripleFault;
        Assert.That(isEnd, Is.True, $"program {seed}: {stop}");
        if (stop is MachineStop.TripleFault fault)
        {
            Assert.That(fault.Report.Cause, Is.Not.Empty.And.Not.Contains("emulator gave up"), $"program {seed}");
        }
    }
}
