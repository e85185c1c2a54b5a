using CsCheck;

namespace Lucos.Unicorn.Tests;

/// <summary>Guarding pages cuts the library's memory map; what was translated before must not be taken for another page's code.</summary>
public sealed class StoreGuardTests
{
    private const ulong PageSize = 4096;
    private const ulong Pages = 4096;
    private const ulong Step = 3;
    private const ulong Tables = (Pages - 4) * PageSize;
    private const ulong Program = 0x4000_0000;
    private const ulong Present = 3;

    /// <summary>As with programs that are all linked to run at one address: only where they lie in memory tells them apart.</summary>
    [TestCase(EngineShortcuts.All)]
    [TestCase(EngineShortcuts.None)]
    public void ProgramsAtOneAddressRunTheirOwnCodeWhicheverPagesAreGuarded(EngineShortcuts shortcuts)
    {
        using SharedMemory memory = new(Pages * PageSize);
        using ExecutionMeter meter = new();
        using Engine engine = new(new Callbacks(), meter, shortcuts);
        engine.MapMemory(memory);
        SetPagingUp(engine, memory);
        for (ulong page = 0; page < Tables / PageSize; page += Step)
        {
            // mov eax, page; hlt
            byte[] code = [0xb8, .. BitConverter.GetBytes((uint)page), 0xf4];
            code.CopyTo(memory.Slice(page * PageSize, code.Length));
        }

        Random random = new(1);
        for (int round = 0; round < 12; round++)
        {
            ulong[] guarded = [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.Next((int)Pages)).Distinct().Order()];
            engine.GuardPages(guarded, mayRefuse: false);
            for (ulong page = 0; page < Tables / PageSize; page += Step)
            {
                Put(memory, Tables + (3 * PageSize), page * PageSize);
                engine.FlushAddresses();
                meter.Countdown = long.MaxValue;
                engine.Run(Program);
                Assert.That(engine.Rax, Is.EqualTo(page), $"round {round}");
            }
        }
    }

    [Test]
    public void AFewPagesAreClosedExactly()
    {
        using GuardFixture f = new();
        ulong[] pages = [1, 100, 101, 102, 2000, Pages - 1];

        Assert.That(f.Guard.Set(pages), Is.True);

        Assert.That(f.Guard.Closed, Is.EqualTo(new PageRun[] { new(1, 2), new(100, 103), new(2000, 2001), new(Pages - 1, Pages) }));
    }

    [Test]
    public void WithoutGuardedPagesNothingIsClosed()
    {
        using GuardFixture f = new();
        f.Guard.Set([7, 70, 700]);

        Assert.That(f.Guard.Set([]), Is.True, "what was translated meanwhile is dropped");

        Assert.That(f.Guard.Closed, Is.Empty);
        Assert.That(f.Guard.Set([]), Is.False, "nothing changes");
    }

    [Test]
    public void WhateverIsGuardedIsClosedInAFewRuns() => Gen.ULong[0, Pages - 1].Array[1, 300].Select(pages => pages.Distinct().Order().ToArray()).Sample(
        pages =>
        {
            using GuardFixture f = new();
            f.Guard.Set(pages);
            IReadOnlyList<PageRun> closed = f.Guard.Closed;
            return closed.Count <= 8
                && closed.Zip(closed.Skip(1)).All(two => two.First.End < two.Second.Start)
                && pages.All(page => closed.Any(run => page >= run.Start && page < run.End))
                && closed.All(run => pages.Contains(run.Start) && pages.Contains(run.End - 1));
        },
        iter: 200);

    [Test]
    public void PagesThatComeOneByOneHaveTheMapChangedAFewTimesOnly()
    {
        using GuardFixture f = new();
        Random random = new(3);
        SortedSet<ulong> pages = [];
        int changes = 0;
        for (int i = 0; i < 1000; i++)
        {
            pages.Add((ulong)random.Next((int)Pages));
            changes += f.Guard.Set([.. pages]) ? 1 : 0;
        }

        Assert.That(changes, Is.InRange(2, 30));
    }

    // One page of virtual memory, whose table entry is the first of the fourth table.
    private static void SetPagingUp(Engine engine, SharedMemory memory)
    {
        Put(memory, Tables, Tables + PageSize);
        Put(memory, Tables + PageSize + sizeof(ulong), Tables + (2 * PageSize));
        Put(memory, Tables + (2 * PageSize), Tables + (3 * PageSize));
        engine.WriteMsr(0xc000_0080, 0x100);
        engine.Cr4 = 1 << 5;
        engine.Cr3 = Tables;
        engine.Cr0 = 1 | (1UL << 31);
    }

    private static void Put(SharedMemory memory, ulong at, ulong address) => BitConverter.GetBytes(address | Present).CopyTo(memory.Slice(at, sizeof(ulong)));
}
