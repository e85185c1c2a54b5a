using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>
/// Types that are transferred when an update is applied and when it is rolled back, and not in between; their transfers may store to declared scratch, here two
/// objects of 16 bytes each.
/// </summary>
public sealed class OnceTests
{
    private const ulong First = TestWorld.OldVersions + 0x5000;
    private const ulong Second = TestWorld.OldVersions + 0x5030;

    [Test]
    public void StateIsTransferredBothWaysAndNotInBetween([Values] bool finished, [Values] bool hasScratch)
    {
        DataWorld data = Prepare(hasScratch);
        ulong slot = data.ApplyWithThread();

        data.AssertCoherent(1);
        Assert.That((data.State, data.Guest.Monitored.Count), Is.EqualTo((UpdateState.Draining, 0)));
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(20u), "whoever still runs old code is taken not to store there");
        if (finished)
        {
            Finish(data, slot);
        }

        data.Guest.Store(DataWorld.New(1), 815);
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(815u));
        Assert.That(data.World.Retire(data.Id, newCode: false), Is.Zero, () => data.LastDetail);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(data.World.Server.Updates[^1].Data!.Instances, Is.Zero);
    }

    [Test]
    public void TransferStoresToScratchThatIsListed()
    {
        DataWorld data = Prepare();
        data.ApplyWithThread();

        Assert.That((data.Guest.Read32(First + 12), data.Guest.Read32(Second)), Is.EqualTo((30u, 31u)));
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack));
        Assert.That((data.Guest.Read32(First + 12), data.Guest.Read32(Second)), Is.EqualTo((1030u, 1031u)));
    }

    [TestCase(First - 1)]
    [TestCase(First + 13)]
    [TestCase(Second - 3)]
    [TestCase(Second + 16)]
    [TestCase(TestWorld.OldVersions + 0x6000)]
    public void TransferThatStoresBesideScratchIsRefused(ulong address)
    {
        DataWorld data = Prepare();
        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(First, 0xbad) && memory.Write32(address, 0xbad) ? null : "forbidden store";
        AssertRefused(data, Hypercall.Apply, Refusal.TransferFailed);
    }

    [Test]
    public void ScratchIsNoneOfATypeThatItIsNotListedFor()
    {
        DataWorld data = Prepare();
        data.Spec.Types.Add(data.Spec.Types[0]);
        data.AddInstance(7, type: 1);
        AssertRefused(data, Hypercall.Apply, Refusal.TransferFailed);
        data.Spec.Ranges.AddRange([Range(First) with { Type = 1 }, Range(Second) with { Type = 1 }]);
        data.Apply();
        data.AssertCoherent(7);
    }

    [Test]
    public void ScratchThatIsListedAtApplyingIsNotAtRollingBack()
    {
        DataWorld data = Prepare();
        data.Apply();
        data.Spec.Ranges.Clear();
        data.Spec.Descriptor.UpdateId = (uint)data.Id;
        AssertRefused(data, Hypercall.Rollback, Refusal.TransferFailed);
        data.Spec.Ranges.AddRange([Range(First), Range(Second)]);
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
    }

    [Test]
    public void FaultAtAnyStepOfApplyLeavesScratchAsItWas()
    {
        DataWorld sound = Prepare();
        sound.World.AddActivation(sound.Spec, sound.Inside);
        sound.World.Fault.Reset(-1);
        sound.Apply();
        int moments = sound.World.Fault.Moments;
        Assert.That(moments, Is.GreaterThanOrEqualTo(2 * 8), "workspace, scratch, three transfers, a stub, two jumps");
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = Prepare();
            data.World.AddActivation(data.Spec, data.Inside);
            data.World.Fault.Reset(moment);
            AssertRefused(data, Hypercall.Apply, Refusal.Internal);
            data.World.Fault.Reset(-1);
            data.Apply();
        }
    }

    [Test]
    public void FaultAtAnyStepOfRollBackLeavesScratchAsItWas([Values] bool finished)
    {
        int moments = 1;
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = PrepareToRollBack(finished);
            if (moment == 0)
            {
                data.World.Fault.Reset(-1);
                Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
                moments = data.World.Fault.Moments;
                Assert.That(moments, Is.GreaterThanOrEqualTo(2 * 8));
                data = PrepareToRollBack(finished);
            }

            data.World.Fault.Reset(moment);
            AssertRefused(data, Hypercall.Rollback, Refusal.Internal);
            data.World.Fault.Reset(-1);
            Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
        }
    }

    [Test]
    public void TransferThatFailsBehindOthersTakesTheirStoresToScratchBack()
    {
        DataWorld data = Prepare();
        int calls = 0;
        data.Guest.Transfers[data.ToNew] = memory => Link(memory, DataWorld.CopyToNew) ?? (++calls == 3 ? "exception 14" : null);
        AssertRefused(data, Hypercall.Apply, Refusal.TransferFailed);
        Assert.That(calls, Is.EqualTo(3));
    }

    [Test]
    public void FaultAtRetiringDoesNotKeepTheStateFromBeingTransferredBack()
    {
        DataWorld data = Prepare();
        ulong slot = data.ApplyWithThread();
        data.World.Return(slot);
        data.World.Fault.Reset(0);
        ulong newSlot = data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);
        Assert.That(data.World.Retire(data.Id, newCode: true, data.Spec.Contexts[^1]), Is.EqualTo(Refusal.Internal.ToResult()));
        data.World.Fault.Reset(-1);
        data.Guest.Store(DataWorld.New(1), 815);
        Assert.That(data.Guest.Read64(newSlot), Is.EqualTo(TestWorld.Text + 0x3f00));
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(815u));
    }

    [Test]
    public void LedgerDoesNotCheckWhatHasScratch([Values] bool hasScratch)
    {
        DataWorld data = Prepare(hasScratch);
        data.VerifyCoherence();
        int back = 0;
        data.Guest.Transfers[data.ToOld] = memory =>
        {
            back++;
            return DataWorld.CopyToOld(memory);
        };
        data.Apply();
        Assert.That(back, Is.EqualTo(hasScratch ? 0 : 3));
    }

    private static IEnumerable<TestCaseData> Spoilers()
    {
        yield return Case("RangeOfTypeThatIsMonitored", Refusal.BadArgument, "not transferred once", d => d.Edit(t => t with { Transfer = (uint)TransferPoint.EachWrite }));
        yield return Case("RangeOfUnknownType", Refusal.BadArgument, "type 1 of 1", d => Edit(d, r => r with { Type = 1 }));
        yield return Case("EmptyRange", Refusal.TooLarge, "0 bytes", d => Edit(d, r => r with { Length = 0 }));
        yield return Case("HugeRange", Refusal.TooLarge, "are allowed", d => Edit(d, r => r with { Length = UpdateLimits.MaxInstanceBytes + 1 }));
        yield return Case("TooManyRanges", Refusal.TooLarge, "writable ranges", d => d.Spec.Descriptor.RangeCount = UpdateLimits.MaxInstances + 1);
        yield return Case("RangesNotMapped", Refusal.BadPointer, "writable ranges", d => d.Spec.Descriptor.Ranges = 0xffffc900_7fff_0000);
        yield return Case("PaddingNotZero", Refusal.BadArgument, "padding", d => d.Spec.Descriptor.RangePad = 1);
        yield return Case("RangeNotMapped", Refusal.BadArgument, "not mapped writable", d => Edit(d, r => r with { Address = TestWorld.OldVersions + 0x7ff8 }));
        yield return Case("RangeInUserHalf", Refusal.BadArgument, "not mapped writable", d => Edit(d, r => r with { Address = 0x1000 }));
        yield return Case("RangeWrapsAround", Refusal.BadArgument, "not mapped writable", d => Edit(d, r => r with { Address = ulong.MaxValue - 4 }));
        yield return Case("RangeInCode", Refusal.BadArgument, "not mapped writable", d => Edit(d, r => r with { Address = TestWorld.Text }));
        yield return Case("RangeInStubs", Refusal.BadArgument, "not mapped writable", d => Edit(d, r => r with { Address = TestWorld.Stubs }));
        yield return Case("RangeInStack", Refusal.BadArgument, "shares bytes with stack", d => Edit(d, r => r with { Address = TestWorld.Workspace + 0x1ff8 }));
        yield return Case("RangeOverInstance", Refusal.BadArgument, "shares bytes with an old version", d => Edit(d, r => r with { Address = DataWorld.Old(1) - 8 }));
        yield return Case("RangeInPageTables", Refusal.BadArgument, "page tables", d =>
        {
            d.Guest.TryTranslate(First & ~0xfffUL, forWriting: true, out ulong table);
            d.Guest.PageTables.Add(table);
        });
        yield return Case("RangesWithoutType", Refusal.BadArgument, "of no type", d =>
        {
            d.Spec.Types.Clear();
            d.Spec.Instances.Clear();
        });
        yield return Case("TogetherWithTypeThatIsMonitored", Refusal.BadArgument, "make two updates", d => d.Spec.Types.Add(d.Type(Interception.Step, TransferPoint.EachWrite)));
    }

    [TestCaseSource(nameof(Spoilers))]
    public void SpoiltRangesAreRefusedAndChangeNothing(Refusal refusal, string detail, Action<DataWorld> spoil)
    {
        DataWorld data = Prepare();
        spoil(data);
        AssertRefused(data, Hypercall.Apply, refusal);
        Assert.That(data.LastDetail, Does.Contain(detail));
    }

    [Test]
    public void RangesMayTouchAndOverlapAndComeInAnyOrder()
    {
        DataWorld data = Prepare();
        data.Spec.Ranges.Clear();
        data.Spec.Ranges.AddRange([Range(Second), Range(First + 8), Range(First), Range(First + 0x10), Range(First + 0x20)]);
        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(First + 0x1e, 0x11223344) && memory.Write32(Second - 2, 0x55667788) ? DataWorld.CopyToNew(memory) : "forbidden store";
        data.Apply();
        Assert.That((data.Guest.Read32(First + 0x1e), data.Guest.Read32(Second - 2)), Is.EqualTo((0x11223344u, 0x55667788u)));
    }

    // Instance and scratch lie in the same 64 bytes: neither's undoing may disturb the other's.
    [Test]
    public void StoresOfEverySizeAreTakenBackAndNothingBesideThem()
    {
        DataWorld data = Prepare();
        data.Spec.Ranges.Clear();
        data.Spec.Ranges.AddRange([Range(DataWorld.New(0) + 16), Range(DataWorld.New(1) + 16), Range(First) with { Length = 256 }]);
        data.Guest.Poke(First, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        data.Guest.Poke(DataWorld.New(0), [.. Enumerable.Range(0, 96).Select(i => (byte)(3 * i))]);
        int calls = 0;
        data.Guest.Transfers[data.ToNew] = memory =>
        {
            bool stored = DataWorld.CopyToNew(memory) is null;
            foreach ((ulong at, int size) in new[] { (DataWorld.New(0) + 16, 8), (DataWorld.New(1) + 31, 1), (First, 8), (First + 60, 8), (First + 63, 2), (First + 128, 64), (First + 127, 8) })
            {
                stored &= memory.Store(at, [.. Enumerable.Repeat((byte)(0xe0 + calls), size)]);
            }

            return ++calls == 3 ? "exception 14" : stored ? null : "forbidden store";
        };
        AssertRefused(data, Hypercall.Apply, Refusal.TransferFailed);
        Assert.That(calls, Is.EqualTo(3));
    }

    private static TestCaseData Case(string name, Refusal refusal, string detail, Action<DataWorld> spoil) =>
        new TestCaseData(refusal, detail, spoil).SetArgDisplayNames(name);

    private static void Edit(DataWorld data, Func<WritableRange, WritableRange> change) => data.Spec.Ranges[1] = change(data.Spec.Ranges[1]);

    private static WritableRange Range(ulong address) => new() { Address = address, Length = 16 };

    private static DataWorld Prepare(bool hasScratch = true)
    {
        var data = new DataWorld(transfer: TransferPoint.Once);
        if (hasScratch)
        {
            data.Spec.Ranges.AddRange([Range(First), Range(Second)]);
            data.Guest.Transfers[data.ToNew] = memory => Link(memory, DataWorld.CopyToNew);
            data.Guest.Transfers[data.ToOld] = memory => Link(memory, DataWorld.CopyToOld, 1000);
        }

        return data;
    }

    private static DataWorld PrepareToRollBack(bool finished)
    {
        DataWorld data = Prepare();
        ulong slot = data.ApplyWithThread();
        if (finished)
        {
            Finish(data, slot);
        }

        data.Guest.Store(DataWorld.New(1), 815);
        data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);
        data.Spec.CountContexts = false;
        data.Spec.Descriptor.UpdateId = (uint)data.Id;
        return data;
    }

    private static void Finish(DataWorld data, ulong slot)
    {
        data.World.Return(slot);
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero, () => data.LastDetail);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
    }

    // Both objects of the scratch are stored to by every transfer; the last one's values stay.
    private static string? Link(TransferMemory memory, TransferFunction copy, uint add = 0) =>
        memory.Write32(First + 12, add + memory.Read32(add == 0 ? 8u : 0u)) && memory.Write32(Second, memory.Read32(add == 0 ? 8u : 0u) + add + 1) ? copy(memory) : "forbidden store";

    private static void AssertRefused(DataWorld data, Hypercall call, Refusal refusal)
    {
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();
        UpdateState? state = call == Hypercall.Rollback ? data.State : null;

        Assert.That(data.World.Call(call, descriptor), Is.EqualTo(refusal.ToResult()), () => data.LastDetail);

        Assert.That(data.Guest.Is(before), Is.True);
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(state is null || data.State == state, Is.True);
    }
}
