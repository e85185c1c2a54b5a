using Iced.Intel;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Tests.Stores;

/// <summary>A guest can't tell whether its pages are guarded, whatever instructions it stores with.</summary>
public sealed class StoreFormTests
{
    private const int Programs = 40;
    private const int FormsAtOnce = 20;

    public static IEnumerable<TestCaseData> Ways()
    {
        foreach (StoreMethod method in Enum.GetValues<StoreMethod>())
        {
            yield return new TestCaseData(method, StoreReaction.Continue, true);
            yield return new TestCaseData(method, StoreReaction.Boundary, true);
            yield return new TestCaseData(method, StoreReaction.Boundary, false);
            yield return new TestCaseData(method, StoreReaction.Stop, true);
        }
    }

    [TestCaseSource(nameof(Ways))]
    public void GuardingChangesNeitherMemoryNorRegistersNorTime(StoreMethod method, StoreReaction reaction, bool goesOn)
    {
        int first = 1000 * (((int)method * 4) + ((int)reaction * 2) + (goesOn ? 1 : 0));
        for (int seed = first; seed < first + Programs; seed++)
        {
            int number = seed;
            Compare(() => new StoreProgram(number, Middle(number), number % 4 == 3), $"seed {seed}", 1 + (seed % 7), method, reaction, goesOn);
        }
    }

    [Test]
    public void EachFormIsExactAtEachPlace([Values] StoreMethod method, [Values(0UL, 1UL, 3UL)] ulong middle, [Values(1, 2, 7)] int pages)
    {
        foreach ((string Name, Action<Assembler> Emit)[] forms in StoreForms.All.Chunk(FormsAtOnce))
        {
            Compare(() => new StoreProgram(forms, middle, user: false), "each", pages, method, StoreReaction.Continue, goesOn: true);
        }
    }

    /// <summary>An instruction may store where a step is needed and where none is, in several pieces.</summary>
    [Test]
    public void SteppingOnlyWhereItIsNeededIsAsExact([Values(4UL, 8UL, 64UL)] ulong unstepped, [Values] bool boundaries)
    {
        StoreReaction reaction = boundaries ? StoreReaction.Boundary : StoreReaction.Continue;
        foreach ((string Name, Action<Assembler> Emit)[] forms in StoreForms.All.Chunk(FormsAtOnce))
        {
            Compare(() => new StoreProgram(forms, 0, user: false), "each", 7, StoreMethod.Step, reaction, goesOn: true, unstepped);
        }

        for (int seed = 20_000; seed < 20_000 + Programs; seed++)
        {
            int number = seed;
            Compare(() => new StoreProgram(number, Middle(number), number % 4 == 3), $"seed {seed}", 1 + (seed % 7), StoreMethod.Step, reaction, goesOn: true, unstepped);
        }
    }

    [Test]
    public void AStoreThatIsNotReportedWouldBeFound()
    {
        using StoreProgram program = new(1, 3, user: false);
        ShadowListener listener = new(program.Guest.Machine, [StoreProgram.First, StoreProgram.Second, StoreProgram.Third], StoreMethod.Step, StoreReaction.Continue);
        program.Guest.Machine.Protection.Unprotect(
            [new GuestPhysicalAddress(StoreProgram.First), new GuestPhysicalAddress(StoreProgram.Second), new GuestPhysicalAddress(StoreProgram.Third)], listener);
        program.Guest.Run();
        Assert.That(listener.IsUpToDate, Is.False);
    }

    private static ulong Middle(int seed) => (ulong)(seed % 3 == 2 ? 3 : seed % 3);

    private static void Compare(Func<StoreProgram> make, string name, int mask, StoreMethod method, StoreReaction reaction, bool goesOn, ulong unstepped = 0)
    {
        using StoreProgram plain = make();
        using StoreProgram guarded = make();
        ulong[] pages = [.. new[] { StoreProgram.First, StoreProgram.Second, StoreProgram.Third }.Where((_, i) => (mask & (1 << i)) != 0)];
        ShadowListener listener = new(guarded.Guest.Machine, pages, method, reaction) { GoesOn = goesOn, Unstepped = unstepped };
        MachineStop expected = plain.Guest.Run();
        MachineStop found = RunOn(guarded.Guest);
        Machine left = guarded.Guest.Machine;
        Machine right = plain.Guest.Machine;
        string what = $"{name}: {string.Join(' ', guarded.Names)}";
        Assert.Multiple(() =>
        {
            Assert.That(found, Is.EqualTo(expected), what);
            Assert.That(guarded.Guest.Registers, Is.EqualTo(plain.Guest.Registers), what);
            Assert.That(FirstDifference(left.Memory, right.Memory), Is.Null, what);
            Assert.That((left.Clock.Blocks, left.Clock.Now), Is.EqualTo((right.Clock.Blocks, right.Clock.Now)), what);
            Assert.That(listener.IsUpToDate, Is.True, what);
            Assert.That(listener.Wrong, Is.Empty, what);
            Assert.That(listener.Boundaries, reaction == StoreReaction.Boundary && listener.Stores.Count > 0 ? Is.Positive : Is.Zero, what);
        });
    }

    private static string? FirstDifference(GuestMemory left, GuestMemory right)
    {
        // All that a program can reach; below are the loader's tables.
        const int low = 0x100000;
        const int length = 0x780000 - low;
        ReadOnlySpan<byte> a = left.Span(new GuestPhysicalAddress(low), length);
        int at = a.CommonPrefixLength(right.Span(new GuestPhysicalAddress(low), length));
        return at == length ? null : $"0x{low + at:x}";
    }

    private static MachineStop RunOn(BareGuest guest)
    {
        MachineStop stop;
        do
        {
            stop = guest.Run();
        }
        while (stop is MachineStop.ProtectedWrite);

        return stop;
    }
}
