using CsCheck;
using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>Every way in which APPLY refuses data. The accepting sibling is the same update unspoilt.</summary>
public sealed class DataRefusalTests
{
    private static IEnumerable<TestCaseData> Spoilers()
    {
        yield return Case("NotFlaggedToComplete", Refusal.BadArgument, "flagged", d => d.Spec.Descriptor.Flags = 0);
        yield return Case("InstancesWithoutType", Refusal.BadArgument, "of no type", d => d.Spec.Types.Clear());
        yield return Case("TooManyTypes", Refusal.TooLarge, "types", d => d.Spec.Descriptor.TypeCount = UpdateLimits.MaxTypes + 1);
        yield return Case("TooManyInstances", Refusal.TooLarge, "instances", d => d.Spec.Descriptor.InstanceCount = UpdateLimits.MaxInstances + 1);
        yield return Case("TypesNotMapped", Refusal.BadPointer, "types", d => d.Spec.Descriptor.Types = 0xffffc900_7fff_0000);
        yield return Case("InstancesInUserHalf", Refusal.BadPointer, "kernel half", d => d.Spec.Descriptor.Instances = 0x1000);
        yield return Case("TypeWithoutName", Refusal.BadArgument, "name of a type", d => d.Edit(t => t with { Name = Text32.From("") }));
        yield return Case("UnknownSource", Refusal.BadArgument, "source 9", d => d.Edit(t => t with { Source = 9 }));
        yield return Case("UnknownPlacement", Refusal.BadArgument, "placement 0", d => d.Edit(t => t with { Placement = 0 }));
        yield return Case("UnknownInterception", Refusal.BadArgument, "interception 4", d => d.Edit(t => t with { Interception = 4 }));
        yield return Case("UnknownTransfer", Refusal.BadArgument, "transfer 77", d => d.Edit(t => t with { Transfer = 77 }));
        yield return Case("LazyStepped", Refusal.BadArgument, "interception must be service", d => d.Edit(t => t with { Transfer = (uint)TransferPoint.Lazy }));
        yield return Case("LazyEmulated", Refusal.BadArgument, "interception must be service", d => d.Edit(t => t with { Transfer = (uint)TransferPoint.Lazy, Interception = (uint)Interception.Emulate }));
        yield return Case("PadNotZero", Refusal.BadArgument, "counter", d => d.Edit(t => t with { Pad = 1 }));
        yield return Case("EmptyOldVersion", Refusal.TooLarge, "0 bytes become", d => d.Edit(t => t with { OldSize = 0 }));
        yield return Case("HugeNewVersion", Refusal.TooLarge, "become", d => d.Edit(t => t with { NewSize = UpdateLimits.MaxInstanceBytes + 1 }));
        yield return Case("HugeExtra", Refusal.TooLarge, "become", d => d.Edit(t => t with { ExtraSize = uint.MaxValue }));
        yield return Case("AllShared", Refusal.BadArgument, "nothing is left", d => d.Edit(t => t with { SharedHead = DataWorld.OldSize }));
        yield return Case("ToNewOutsideModule", Refusal.BadArgument, "transfer functions", d => d.Edit(t => t with { ToNew = TestWorld.Text }));
        yield return Case("ToOldMissing", Refusal.BadArgument, "transfer functions", d => d.Edit(t => t with { ToOld = 0 }));
        yield return Case("LockOfTwoBytes", Refusal.BadArgument, "lock of 2", d => d.Edit(t => OnUnlock(t) with { LockSize = 2 }));
        yield return Case("LockBehindSharedHead", Refusal.BadArgument, "lock of 4", d => d.Edit(t => OnUnlock(t) with { LockOffset = 8 }));
        yield return Case("LockTwice", Refusal.BadArgument, "one of both", d => d.Edit(t => OnUnlock(t) with { Lock = DataWorld.LockWord }));
        yield return Case("LockNowhere", Refusal.BadArgument, "one of both", d => d.Edit(t => OnUnlock(t) with { LockOffset = UpdateFlags.NoLock }));
        yield return Case("LockNotMapped", Refusal.BadArgument, "lock of counter", d => d.Edit(t => OnUnlock(t) with { LockOffset = UpdateFlags.NoLock, Lock = 0x1000 }));
        yield return Case("LockNotAligned", Refusal.BadArgument, "aligned", d => d.Edit(t => OnUnlock(t) with { LockOffset = 2 }));
        yield return Case("FieldInSharedHead", Refusal.BadArgument, "preserved field", d => d.Guest.Poke(TestWorld.Scratch + 0x18000, [4, 0, 0, 0]));
        yield return Case("FieldBeyondVersion", Refusal.BadArgument, "preserved field", d => d.Guest.Poke(TestWorld.Scratch + 0x18000, [13, 0, 0, 0]));
        yield return Case("EmptyField", Refusal.BadArgument, "preserved field", d => d.Guest.Poke(TestWorld.Scratch + 0x18004, [0]));
        yield return Case("TooManyFields", Refusal.TooLarge, "fields", d => d.Edit(t => t with { FieldCount = UpdateLimits.MaxFields + 1 }));
        yield return Case("StackNotAligned", Refusal.BadArgument, "stack", d => d.Spec.Descriptor.Stack += 8);
        yield return Case("NoStack", Refusal.BadArgument, "stack", d => d.Spec.Descriptor.StackSize = 0);
        yield return Case("HugeStack", Refusal.BadArgument, "stack", d => d.Spec.Descriptor.StackSize = 1 << 20);
        yield return Case("StackNotMapped", Refusal.BadArgument, "not mapped writable", d => d.Spec.Descriptor.Stack = 0xffffc900_7fff_0000);
        yield return Case("StackInCode", Refusal.BadArgument, "not mapped writable", d => d.Spec.Descriptor.Stack = TestWorld.Text);
        yield return Case("ScratchTooSmall", Refusal.BadArgument, "scratch", d =>
        {
            d.VerifyCoherence();
            d.Spec.Descriptor.ScratchSize = 15;
        });
        yield return Case("ScratchInStack", Refusal.BadArgument, "scratch memory: shares bytes", d =>
        {
            d.VerifyCoherence();
            d.Spec.Descriptor.Scratch = TestWorld.Workspace + 0x1000;
        });
        yield return Case("TypeOutOfRange", Refusal.BadArgument, "type 1 of 1", d => d.Spec.Instances[1] = d.Spec.Instances[1] with { Type = 1 });
        yield return Case("OldNotMapped", Refusal.BadArgument, "not mapped writable", d => MoveOld(d, TestWorld.OldVersions + 0x7ff8));
        yield return Case("OldInUserHalf", Refusal.BadArgument, "not mapped writable", d => MoveOld(d, 0x1000));
        yield return Case("OldWrapsAround", Refusal.BadArgument, "not mapped writable", d => MoveOld(d, ulong.MaxValue - 4));
        yield return Case("OldInCode", Refusal.BadArgument, "not mapped writable", d => MoveOld(d, TestWorld.Text));
        yield return Case("OldInStubs", Refusal.BadArgument, "not mapped writable", d => MoveOld(d, TestWorld.Stubs));
        yield return Case("OldInStack", Refusal.BadArgument, "shares bytes with stack", d => MoveOld(d, TestWorld.Workspace + 0x1ff8));
        yield return Case("OldOverOld", Refusal.BadArgument, "shares bytes with an old version", d => MoveOld(d, DataWorld.Old(1) + 8));
        yield return Case("OldOverNew", Refusal.BadArgument, "shares bytes with a new version", d => MoveOld(d, DataWorld.New(1)));
        yield return Case("NewOverItsOld", Refusal.BadArgument, "shares bytes with an old version", d => d.Spec.Instances[2] = d.Spec.Instances[2] with { NewAddress = DataWorld.Old(2) + 4 });
        yield return Case("SameInstanceTwice", Refusal.BadArgument, "known already", d => MoveOld(d, DataWorld.Old(0)));
        yield return Case("OldInPageTables", Refusal.BadArgument, "page tables", d =>
        {
            d.Guest.TryTranslate(TestWorld.OldVersions + 0x4000, forWriting: true, out ulong table);
            d.Guest.PageTables.Add(table);
            MoveOld(d, TestWorld.OldVersions + 0x4800);
        });
    }

    [TestCaseSource(nameof(Spoilers))]
    public void SpoiltDataIsRefusedAndChangesNothing(Refusal refusal, string detail, Action<DataWorld> spoil)
    {
        var data = new DataWorld();
        data.World.AddActivation(data.Spec, data.Inside);
        spoil(data);
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();

        long answer = data.World.Call(Hypercall.Apply, descriptor);

        Assert.That(answer, Is.EqualTo(refusal.ToResult()), () => data.LastDetail);
        Assert.That(data.LastDetail, Does.Contain(detail));
        Assert.That(data.Guest.Is(before), Is.True);
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.Server.Updates.Select(update => update.State), Is.All.EqualTo(UpdateState.Refused));
    }

    [Test]
    public void WhatWasRefusedIsTakenWhenItIsSound()
    {
        var data = new DataWorld();
        ulong good = data.Spec.Instances[2].OldAddress;
        MoveOld(data, DataWorld.Old(1) + 8);
        Assert.That(data.World.Apply(data.Spec), Is.EqualTo(Refusal.BadArgument.ToResult()));
        MoveOld(data, good);

        data.ApplyWithThread();

        Assert.That(data.World.Query(data.Id).Instances, Is.EqualTo(3u), "nothing of the refused one was left in the table");
    }

    [Test]
    public void OtherUpdateMayNotStandOnOneWhoseDataLivesTwice()
    {
        var data = new DataWorld();
        ulong slot = data.ApplyWithThread();
        UpdateSpec above = data.World.MakeUpdate("above", "alpha");
        UpdateSpec beside = data.World.MakeUpdate("beside", "gamma");

        Assert.That(data.World.Apply(above), Is.EqualTo(Refusal.Busy.ToResult()));
        Assert.That(data.LastDetail, Does.Contain("widen has replaced it"));
        Assert.That(data.World.Apply(beside), Is.Positive);
        data.World.Return(slot);
        data.World.Retire(data.Id, newCode: true);
        Assert.That(data.World.Apply(above), Is.Positive);
    }

    [Test]
    public void InstancesOfAnotherUpdateAreNobodyElses()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        UpdateSpec other = data.World.MakeUpdate("other", "gamma");
        other.Descriptor.Flags = UpdateFlags.UpdateFlagCompletes;
        other.Descriptor.Stack = TestWorld.Workspace + 0x2000;
        other.Descriptor.StackSize = 0x1000;
        data.Guest.Transfers[other.Descriptor.ModuleBase] = DataWorld.CopyToNew;
        other.Types.Add(data.Type(Interception.Step, TransferPoint.EachWrite) with { ToNew = other.Descriptor.ModuleBase, ToOld = other.Descriptor.ModuleBase });
        other.Instances.Add(new InstanceDescriptor { OldAddress = DataWorld.New(0), NewAddress = DataWorld.New(50) });

        Assert.That(data.World.Apply(other), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(data.LastDetail, Does.Contain("shares bytes with a new version of widen"));

        other.Instances[0] = new InstanceDescriptor { OldAddress = DataWorld.Old(60), NewAddress = DataWorld.New(50) };
        Assert.That(data.World.Apply(other), Is.Positive, () => data.LastDetail);
    }

    [Test]
    public void DamagedDescriptorsNeverThrowAndARefusalChangesNothing()
    {
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 500], Gen.Byte).Array[1, 8].Sample(
            damage =>
            {
                var data = new DataWorld(transfer: TransferPoint.OnUnlock);
                data.VerifyCoherence();
                data.World.AddActivation(data.Spec, data.Inside);
                ulong descriptor = data.World.Send(data.Spec);
                (ulong Start, int Size)[] places =
                [
                    (descriptor, WireCodec.SizeOf<UpdateDescriptor>()),
                    (TestWorld.Scratch + 0x10000, WireCodec.SizeOf<TypeDescriptor>()),
                    (TestWorld.Scratch + 0x14000, 3 * WireCodec.SizeOf<InstanceDescriptor>()),
                    (TestWorld.Scratch + 0x18000, 2 * WireCodec.SizeOf<FieldDescriptor>()),
                    (TestWorld.Scratch + 0x1a000, 2 * WireCodec.SizeOf<WritableRange>()),
                    (TestWorld.Scratch + 0x20000, WireCodec.SizeOf<ContextDescriptor>()),
                    (TestWorld.Stubs, 1),
                ];
                foreach ((int where, int offset, byte value) in damage)
                {
                    data.Guest.Poke(places[where].Start + (ulong)(offset % places[where].Size), [value]);
                }

                byte[] before = data.Guest.Snapshot();
                long answer = data.World.Call(Hypercall.Apply, descriptor);

                Assert.That(answer, Is.Not.EqualTo(Refusal.Internal.ToResult()), () => data.LastDetail);
                Assert.That(answer < 0, Is.EqualTo(data.Guest.Is(before)));
                if (answer < 0)
                {
                    Assert.That(data.Guest.Monitored, Is.Empty);
                }
            },
            iter: 500,
            threads: 1);
    }

    [Test]
    public void GarbageStoresAndReturnsAreHarmless()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        Gen.Select(Gen.ULong, Gen.Int[1, 64], Gen.ULong).Sample(
            (physical, size, stub) =>
            {
                data.Guest.Listener.OnStore(new UpdateServer.Guest.GuestStore(0, 0, physical, size));
                data.Guest.Listener.AtBoundary();
                Assert.That(data.Guest.Listener.TryReturn(stub, out _), Is.False);
            },
            iter: 2000,
            threads: 1);
        Assert.That(data.World.Journal.Records.Any(record => record.Event == "internal"), Is.False);
    }

    private static TypeDescriptor OnUnlock(TypeDescriptor type) =>
        type with { Transfer = (uint)TransferPoint.OnUnlock, LockOffset = 0, LockSize = 4 };

    private static void MoveOld(DataWorld data, ulong address) => data.Spec.Instances[2] = data.Spec.Instances[2] with { OldAddress = address };

    private static TestCaseData Case(string name, Refusal refusal, string detail, Action<DataWorld> spoil) =>
        new TestCaseData(refusal, detail, spoil).SetName($"ApplyRefuses{name}");
}
