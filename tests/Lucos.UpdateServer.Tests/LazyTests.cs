using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>Transfers that are put off until somebody reads what they write.</summary>
public sealed class LazyTests
{
    [Test]
    public void AStoreIsCarriedOverWhenTheOtherVersionIsReadAndNotBefore()
    {
        DataWorld data = Applied();
        ulong before = data.World.Query(data.Id).Transfers;

        data.Guest.Store(DataWorld.Old(0) + 8, 1000);
        data.Guest.Store(DataWorld.Old(0) + 12, 2000);
        data.Guest.Load(DataWorld.Old(0) + 8);
        data.Guest.Load(DataWorld.New(1));
        Assert.That((data.Guest.Read32(DataWorld.New(0)), data.World.Query(data.Id).Transfers - before), Is.EqualTo((10u, 0UL)), "put off");

        Assert.That(data.Guest.Load(DataWorld.New(0) + 8), Is.EqualTo(3000u));
        data.AssertCoherent(0);
        AssertNumbers(data, putOff: 1, madeUp: 1);
        Assert.That(data.World.Query(data.Id).Transfers - before, Is.EqualTo(1UL));
    }

    [Test]
    public void BothWaysAreCarriedOver()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.New(2), 7);
        Assert.That(data.Guest.Load(DataWorld.Old(2) + 8), Is.EqualTo(7u));
        data.Guest.Store(DataWorld.Old(2) + 8, 9);
        Assert.That(data.Guest.Load(DataWorld.New(2)), Is.EqualTo(9u));
        AssertNumbers(data, putOff: 2, madeUp: 2);
    }

    [Test]
    public void AStoreToTheVersionThatIsOutOfDateIsLaidOverTheTransfer()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.Old(0) + 8, 111, endsBlock: false);
        data.Guest.Store(DataWorld.New(0) + 4, 222, endsBlock: false);
        Assert.That((data.Guest.Read32(DataWorld.New(0)), data.Guest.Read32(DataWorld.New(0) + 4)), Is.EqualTo((111u, 222u)));
        Assert.That(data.Guest.Load(DataWorld.Old(0) + 12), Is.EqualTo(222u));
        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(111u));
        AssertNumbers(data, putOff: 2, madeUp: 1);
    }

    [Test]
    public void ALoadOfWhatBothVersionsShareMakesNothingUp()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.New(0), 7);
        data.Guest.Store(DataWorld.Old(0), 1);
        data.Guest.Load(DataWorld.Old(0));
        data.Guest.Load(DataWorld.Old(0) + DataWorld.OldSize);
        AssertNumbers(data, putOff: 1, madeUp: 0);

        // Half in the shared head, half behind it.
        data.Guest.Load(DataWorld.Old(0) + 6);
        AssertNumbers(data, putOff: 1, madeUp: 1);
    }

    [Test]
    public void ALoadFromThePageBeforeThatMayReachAVersionBringsItUpToDate()
    {
        var data = Make(instances: 0);
        data.Spec.Instances.Add(new InstanceDescriptor { OldAddress = TestWorld.OldVersions + 0x1000, NewAddress = TestWorld.NewVersions + 0x1004 });
        data.Edit(t => t with { SharedHead = 0 });
        data.ApplyWithThread();
        data.Guest.Store(TestWorld.NewVersions + 0x1004, 7);
        Assert.That(data.Guest.Load(TestWorld.OldVersions + 0x0ffc), Is.Zero);
        AssertNumbers(data, putOff: 1, madeUp: 0);

        data.Guest.Load(TestWorld.OldVersions + 0x0ffd, size: 8);
        AssertNumbers(data, putOff: 1, madeUp: 1);
    }

    [Test]
    public void LoadsAreMonitoredAsLongAsBothVersionsLive()
    {
        DataWorld data = Make();
        Assert.That(data.Guest.MonitoredLoads, Is.Empty);
        ulong slot = data.ApplyWithThread();
        Assert.That(data.Guest.MonitoredLoads, Is.EqualTo(data.Guest.Monitored.Keys));
        data.World.Return(slot);
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);
        Assert.That(data.Guest.MonitoredLoads, Is.Empty);

        var other = new DataWorld(interception: Interception.Service);
        other.ApplyWithThread();
        Assert.That((other.Guest.MonitoredLoads.Count, other.Guest.Monitored.Count > 0), Is.EqualTo((0, true)));
    }

    [Test]
    public void RetireMakesAllTransfersUp()
    {
        DataWorld data = Make();
        ulong slot = data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(1) + 8, 5);
        data.Guest.Store(DataWorld.New(2), 6);
        data.World.Return(slot);
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);
        data.AssertCoherent(1);
        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 8), Is.EqualTo(6u));
        AssertNumbers(data, putOff: 2, madeUp: 0);
    }

    [Test]
    public void RollBackMakesAllTransfersUp()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.New(1), 5);
        Assert.That(data.RollBack(), Is.Not.Negative, () => data.LastDetail);
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(5u));
    }

    [Test]
    public void AnInstanceThatDiesIsBroughtUpToDate()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.Old(1) + 8, 5);
        Assert.That(data.World.Call(Hypercall.Died, data.World.Place(data.Change(1))), Is.Zero, () => data.LastDetail);
        Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(5u));
    }

    [Test]
    public void ATransferThatFailsAtALoadFailsTheUpdateAndAllOthersAreMadeUp()
    {
        DataWorld data = Applied();
        data.Guest.Transfers[data.ToOld] = memory => memory.Source == DataWorld.New(1) ? "no" : DataWorld.CopyToOld(memory);
        data.Guest.Store(DataWorld.New(0), 4);
        data.Guest.Store(DataWorld.New(1), 5);
        data.Guest.Store(DataWorld.New(2), 6);

        Assert.That(data.Guest.Load(DataWorld.Old(1) + 8, endsBlock: false), Is.EqualTo(20u), "as it was");
        Assert.That(data.Guest.Load(DataWorld.Old(0) + 8, endsBlock: false), Is.EqualTo(4u), "the block goes on");
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
        data.Guest.EndBlock();

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.LastDetail, Does.Contain("what new code wrote there is lost").And.Not.Contain("more transfers"));
        Assert.That((data.Guest.Read32(DataWorld.Old(1) + 8), data.Guest.Read32(DataWorld.Old(2) + 8)), Is.EqualTo((20u, 6u)));
        Assert.That(data.Guest.MonitoredLoads, Is.Empty);
    }

    [Test]
    public void WhatCannotBeMadeUpWhenAnUpdateFailsIsTold()
    {
        DataWorld data = Applied();
        data.Guest.Transfers[data.ToOld] = memory => memory.Source == DataWorld.New(2) ? DataWorld.CopyToOld(memory) : "no";
        for (int i = 0; i < 3; i++)
        {
            data.Guest.Store(DataWorld.New(i), 7);
        }

        data.Guest.Load(DataWorld.Old(1) + 8);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.LastDetail, Does.Contain("1 more transfers failed on the way back"));
        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 8), Is.EqualTo(7u));
    }

    [Test]
    public void ATransferThatFailsAtRetireIsTriedOnce()
    {
        DataWorld data = Make();
        ulong slot = data.ApplyWithThread();
        data.Guest.Store(DataWorld.New(0), 7);
        data.World.Return(slot);
        data.Guest.Transfers[data.ToOld] = _ => "no";
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.EqualTo(Refusal.TransferFailed.ToResult()));
        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.World.Server.Updates[^1].Detail, Does.Not.Contain("more transfers"));
    }

    [Test]
    public void ATransferFindsOtherInstancesUpToDate()
    {
        DataWorld data = Applied();
        data.Guest.Transfers[data.ToNew] = memory => Neighbour(memory, DataWorld.New(1) + 8);
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Store(DataWorld.Old(1) + 12, 90);

        // The sum of the neighbour is 20 + 90 when it is up to date.
        Assert.That(data.Guest.Load(DataWorld.New(0)), Is.EqualTo(110u));
        data.AssertCoherent(1);
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
    }

    [Test]
    public void TransfersThatWaitForEachOtherFailTheUpdate()
    {
        DataWorld data = Applied();
        data.Guest.Transfers[data.ToNew] = memory => Neighbour(memory, memory.Source == DataWorld.Old(0) ? DataWorld.New(1) : DataWorld.New(0));
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Store(DataWorld.Old(1) + 8, 6);
        data.Guest.Load(DataWorld.New(0));
        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.World.Server.Updates[^1].Detail, Does.Contain("whose transfer waits for this one"));
    }

    [Test]
    public void TheLedgerFindsAFieldThatALateTransferLoses()
    {
        DataWorld data = Make();
        data.VerifyCoherence();
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Load(DataWorld.New(0));
        Assert.That((data.State, data.World.Server.Ledger((uint)data.Id).Count), Is.EqualTo((UpdateState.Draining, 1)));

        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(0, memory.Read32(8)) ? null : "forbidden store";
        data.Guest.Store(DataWorld.Old(0) + 12, 6);
        data.Guest.Load(DataWorld.New(0));
        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.World.Query(data.Id).Refusal, Is.EqualTo((uint)Refusal.Incoherent));
    }

    [Test]
    public void WhoLooksFromOutsideSeesWhatALoadWouldFindAndChangesNothing()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.Old(0) + 8, 1000);
        data.Guest.Store(DataWorld.New(1), 7);
        byte[] before = data.Guest.Snapshot();
        var info = data.World.Server.Updates[^1].Data! with { Types = [] };
        Assert.That(info.OutOfDate, Is.EqualTo(2));

        Assert.That((data.Guest.Read32(DataWorld.New(0)), Look(data, DataWorld.New(0))), Is.EqualTo((10u, 1000u)), "memory as it is, and as it would be found");
        Assert.That((data.Guest.Read32(DataWorld.Old(1) + 8), Look(data, DataWorld.Old(1) + 8)), Is.EqualTo((20u, 7u)));
        Assert.That((Look(data, DataWorld.Old(0) + 8), Look(data, DataWorld.New(2))), Is.EqualTo((1000u, data.Guest.Read32(DataWorld.New(2)))), "those that are up to date");

        Assert.That(data.Guest.Snapshot(), Is.EqualTo(before), "stacks of transfers too");
        Assert.That(data.World.Server.Updates[^1].Data! with { Types = [] }, Is.EqualTo(info));
        Assert.That((data.Guest.Load(DataWorld.New(0)), data.Guest.Load(DataWorld.Old(1) + 8)), Is.EqualTo((1000u, 7u)), "the guest's own loads find the same");
        Assert.That(data.World.Server.Updates[^1].Data!.OutOfDate, Is.Zero);
    }

    [Test]
    public void WhoLooksFromOutsideSeesOtherInstancesThatATransferReadsUpToDate()
    {
        DataWorld data = Applied();
        data.Guest.Transfers[data.ToNew] = memory => Neighbour(memory, DataWorld.New(1) + 8);
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Store(DataWorld.Old(1) + 12, 90);
        byte[] before = data.Guest.Snapshot();

        Assert.That(Look(data, DataWorld.New(0)), Is.EqualTo(110u));

        Assert.That(data.Guest.Snapshot(), Is.EqualTo(before));
        Assert.That(data.World.Server.Updates[^1].Data!.OutOfDate, Is.EqualTo(2), "both are put off still");
        Assert.That(data.Guest.Load(DataWorld.New(0)), Is.EqualTo(110u));
    }

    [Test]
    public void WhoLooksFromOutsideSeesMemoryAsItIsWhereATransferFailsAndFailsNothing()
    {
        DataWorld data = Applied();
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Transfers[data.ToNew] = _ => "no";

        Assert.That(Look(data, DataWorld.New(0)), Is.EqualTo(10u));

        data.Guest.EndBlock();
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
        data.Guest.Load(DataWorld.New(0));
        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack), "the guest's own load does");
    }

    [Test]
    public void WhoLooksFromOutsideSeesMemoryAsItIsWhereTransfersAreNotLazy()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.Edit(t => t with { LockOffset = UpdateFlags.NoLock, Lock = DataWorld.LockWord });
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.LockWord, 1);
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        Assert.That(Look(data, DataWorld.New(1)), Is.EqualTo(data.Guest.Read32(DataWorld.New(1))).And.Not.EqualTo(4711u), "so does the guest, until the lock is released");
    }

    [Test]
    public void LoadsAllocateNothing()
    {
        DataWorld data = Applied();
        data.Guest.FixedTransfer = true;
        Assert.That(data.Guest.TryTranslate(DataWorld.Old(0) + 8, false, out ulong old) & data.Guest.TryTranslate(DataWorld.New(0), false, out ulong @new));
        void Once()
        {
            data.Guest.Listener.OnStore(new Guest.GuestStore(0, 0, old, 4));
            data.Guest.Listener.OnLoad(@new, 4);
        }

        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Once();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        AssertNumbers(data, putOff: 1001, madeUp: 1001);
    }

    /// <summary>What a debugger is shown at an address.</summary>
    private static uint Look(DataWorld data, ulong address)
    {
        Assert.That(data.Guest.TryTranslate(address, false, out ulong physical));
        byte[] bytes = data.Guest.Read(address, sizeof(uint));
        data.World.Server.UpToDateBytes(physical, bytes);
        return BitConverter.ToUInt32(bytes);
    }

    private static string? Neighbour(TransferMemory memory, ulong address)
    {
        if (memory.Source != DataWorld.Old(0) && address == DataWorld.New(1) + 8)
        {
            return DataWorld.CopyToNew(memory);
        }

        return memory.TryLoad(address, out uint value) && memory.Write32(0, value) ? null : "reads what is out of date";
    }

    private static DataWorld Make(int instances = 3) => new(instances, Interception.Service, TransferPoint.Lazy);

    private static DataWorld Applied()
    {
        DataWorld data = Make();
        data.ApplyWithThread();
        return data;
    }

    private static void AssertNumbers(DataWorld data, ulong putOff, ulong madeUp)
    {
        var info = data.World.Server.Updates[^1].Data!;
        Assert.That((info.PutOff, info.MadeUp), Is.EqualTo((putOff, madeUp)));
    }
}
