using Lucos.Abi;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>When which store makes which version anew.</summary>
public sealed class CoherenceTests
{
    [Test]
    public void EachWriteIsTransferredBehindTheInstructionWhenStepped()
    {
        var data = new DataWorld(interception: Interception.Step);
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(0) + 8, 1000, endsBlock: false);

        data.AssertCoherent(0);
        Assert.That(data.Guest.Monitored.Values, Is.All.True);
    }

    /// <summary>Lock and spare of an old version are shared, and behind the versions the page holds something else.</summary>
    [TestCase(0, 4, false, TestName = "A store to the shared head needs no step")]
    [TestCase(0, 8, false, TestName = "A store to all of the shared head needs no step")]
    [TestCase(4, 8, true, TestName = "A store across the end of the shared head is stepped")]
    [TestCase(12, 4, true, TestName = "A store to an old version is stepped")]
    [TestCase(16, 8, false, TestName = "A store between two versions needs no step")]
    [TestCase(28, 8, false, TestName = "A store from there into the next shared head needs no step")]
    [TestCase(24, 24, true, TestName = "A store across a whole shared head is stepped")]
    public void OnlyStoresThatATransferMayFollowAreStepped(int offset, int size, bool stepped)
    {
        var data = new DataWorld(interception: Interception.Step);
        data.ApplyWithThread();

        Assert.That(NeedsStep(data, DataWorld.Old(0) + (ulong)offset, size), Is.EqualTo(stepped));
    }

    [Test]
    public void StoresToNewVersionsAreStepped()
    {
        var data = new DataWorld(interception: Interception.Step);
        data.ApplyWithThread();

        Assert.That((NeedsStep(data, DataWorld.New(1), 4), NeedsStep(data, DataWorld.New(1) + 12, 1), NeedsStep(data, DataWorld.New(1) + 16, 4)), Is.EqualTo((true, true, false)));
    }

    [Test]
    public void ALockInTheSharedHeadIsStepped()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.ApplyWithThread();

        Assert.That((NeedsStep(data, DataWorld.Old(0), 4), NeedsStep(data, DataWorld.Old(0) + 4, 4)), Is.EqualTo((true, false)));
    }

    [Test]
    public void WithTheLedgerTheSharedHeadIsSteppedToo()
    {
        var data = new DataWorld(interception: Interception.Step);
        data.VerifyCoherence();
        data.ApplyWithThread();

        Assert.That((NeedsStep(data, DataWorld.Old(0), 4), NeedsStep(data, DataWorld.Old(0) + 16, 4)), Is.EqualTo((true, false)));
    }

    [Test]
    public void EmulatedBlockIsTransferredOnceAtItsEnd()
    {
        var data = new DataWorld(interception: Interception.Emulate);
        data.ApplyWithThread();
        ulong before = data.World.Query(data.Id).Transfers;

        data.Guest.Store(DataWorld.Old(0) + 8, 1000, endsBlock: false);
        data.Guest.Store(DataWorld.Old(0) + 12, 2000, endsBlock: false);
        Assert.That(data.Guest.Read32(DataWorld.New(0)), Is.EqualTo(10u), "the block goes on");
        data.Guest.EndBlock();

        data.AssertCoherent(0);
        Assert.That(data.World.Query(data.Id).Transfers - before, Is.EqualTo(1));
        Assert.That(data.Guest.Monitored.Values, Is.All.False);
    }

    [Test]
    public void ServiceTransfersInsideTheInstruction()
    {
        var data = new DataWorld(interception: Interception.Service);
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(0) + 8, 1000, endsBlock: false);

        data.AssertCoherent(0);
        Assert.That(data.World.Query(data.Id).Transfers, Is.EqualTo(4u));
    }

    [Test]
    public void StoresToBothVersionsInOneBlockActInTheirOrder()
    {
        var data = new DataWorld(interception: Interception.Emulate);
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(0) + 8, 111, endsBlock: false);
        data.Guest.Store(DataWorld.New(0) + 4, 222, endsBlock: false);
        data.Guest.EndBlock();

        Assert.That((data.Guest.Read32(DataWorld.Old(0) + 8), data.Guest.Read32(DataWorld.Old(0) + 12)), Is.EqualTo((111u, 222u)));
        Assert.That((data.Guest.Read32(DataWorld.New(0)), data.Guest.Read32(DataWorld.New(0) + 4)), Is.EqualTo((111u, 222u)));
    }

    [Test]
    public void OwnLockHoldsTransfersBackUntilItIsFree()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(1), 1);
        data.Guest.Store(DataWorld.Old(1) + 8, 5);
        data.Guest.Store(DataWorld.Old(1) + 12, 6);
        Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(20u), "half done");
        data.Guest.Store(DataWorld.Old(1), 0);

        data.AssertCoherent(1);
        Assert.That(data.World.Server.Updates[^1].Data!.SharedHeadStores, Is.EqualTo(2u));
    }

    [Test]
    public void CommonLockReleasesAllThatItGuards()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.Edit(t => t with { LockOffset = UpdateFlags.NoLock, Lock = DataWorld.LockWord });
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.LockWord, 1);
        data.Guest.Store(DataWorld.Old(0) + 8, 5);
        data.Guest.Store(DataWorld.New(2), 7);
        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 8), Is.EqualTo(30u));
        data.Guest.Store(DataWorld.LockWord, 0);

        data.AssertCoherent(0);
        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 8), Is.EqualTo(7u));
        Assert.That(data.World.Server.Updates[^1].Data!.FalseSharing, Is.Zero);
    }

    [Test]
    public void BothVersionsWrittenUnderOneLockFailsTheUpdate()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(1), 1);
        data.Guest.Store(DataWorld.Old(1) + 8, 5);

        data.Guest.Store(DataWorld.New(1), 6);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.World.Query(data.Id).Refusal, Is.EqualTo((uint)Refusal.Incoherent));
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(5u), "the old version is whole");
    }

    [Test]
    public void LastTransfersAreMadeAtRetire()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        ulong slot = data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(1) + 8, 5);
        data.World.Return(slot);

        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);

        data.AssertCoherent(1);
    }

    [Test]
    public void NeighboursInAMonitoredPageAreLetThroughAndCounted()
    {
        var data = new DataWorld();
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(1) + DataWorld.OldSize, 0xffff);
        data.Guest.Store(DataWorld.Old(1) + 4, 0xffff);

        UpdateStatus status = data.World.Query(data.Id);
        Assert.That((status.Intercepted, status.FalseSharing, status.Transfers), Is.EqualTo((2UL, 1UL, 3UL)));
        data.AssertCoherent(1);
    }

    [Test]
    public void VersionsAndStoresThatCrossPagesAreFound()
    {
        var data = new DataWorld(instances: 0);
        data.Spec.Instances.Add(new InstanceDescriptor { OldAddress = TestWorld.OldVersions + 0x0ff6, NewAddress = TestWorld.NewVersions + 0x1ffa });
        data.ApplyWithThread();

        data.Guest.Store(TestWorld.OldVersions + 0x0ffe, 0xaabbccdd);
        data.Guest.Store(TestWorld.NewVersions + 0x1ffe, 0x11223344);

        Assert.That(data.Guest.Read32(TestWorld.NewVersions + 0x1ffa), Is.EqualTo(0xaabbccddu));
        Assert.That(data.Guest.Read32(TestWorld.OldVersions + 0x0ff6 + 12), Is.EqualTo(0x11223344u));
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(4));
    }

    [Test]
    public void StoreOverTwoInstancesTransfersBoth()
    {
        var data = new DataWorld(instances: 0);
        foreach (uint i in new[] { 0u, 1u })
        {
            data.Spec.Instances.Add(new InstanceDescriptor { OldAddress = TestWorld.OldVersions + (i * 16), NewAddress = DataWorld.New((int)i) });
        }

        data.Edit(t => t with { SharedHead = 0 });
        data.ApplyWithThread();

        data.Guest.Store(TestWorld.OldVersions + 12, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);

        Assert.That((data.Guest.Read32(DataWorld.New(0) + 4), data.Guest.Read32(DataWorld.New(1))), Is.EqualTo((1u, 2u)));
    }

    [Test]
    public void BornIsMonitoredAndDiedIsNotAnyMore()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        data.Guest.Poke(DataWorld.Old(200) + 8, BitConverter.GetBytes(9u));

        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(200))), Is.Zero);
        Assert.That(data.Guest.Read32(DataWorld.New(200)), Is.EqualTo(9u));
        data.Guest.Store(DataWorld.Old(200) + 8, 10);
        Assert.That(data.Guest.Read32(DataWorld.New(200)), Is.EqualTo(10u));
        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(200))), Is.EqualTo(Refusal.BadArgument.ToResult()), "twice");

        Assert.That(data.World.Call(Hypercall.Died, data.World.Place(data.Change(200))), Is.Zero);
        data.Guest.Store(DataWorld.Old(200) + 8, 11);
        Assert.That(data.Guest.Read32(DataWorld.New(200)), Is.EqualTo(10u));
        Assert.That(data.World.Call(Hypercall.Died, data.World.Place(data.Change(200))), Is.EqualTo(Refusal.BadArgument.ToResult()), "twice");
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(2), "the pages that only it lay in are open again");
    }

    [Test]
    public void ShadowIsMadeOnceAndNotMonitored()
    {
        var data = new DataWorld();
        data.Edit(t => t with { Placement = (uint)Placement.Shadow, ToOld = 0 });
        data.ApplyWithThread();

        data.Guest.Store(DataWorld.Old(0) + 8, 1000);

        Assert.That(data.Guest.Read32(DataWorld.New(0)), Is.EqualTo(10u));
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(9))), Is.Zero);
        Assert.That(data.Guest.Read32(DataWorld.New(9) + 12), Is.EqualTo(7u));
    }

    [Test]
    public void InterceptedStoresAllocateNothing([Values] bool onUnlock)
    {
        var data = new DataWorld(instances: 100, interception: Interception.Service, transfer: onUnlock ? TransferPoint.OnUnlock : TransferPoint.EachWrite);
        data.Guest.Transfers.Clear();
        var quiet = new QuietTransfers(data);
        data.ApplyWithThread();
        quiet.StoreEverywhere();

        long before = GC.GetAllocatedBytesForCurrentThread();
        quiet.StoreEverywhere();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void AHundredThousandInstancesAreFoundEach()
    {
        const int Count = 100_000;
        var data = new DataWorld(instances: 0);
        GuestRegion old = data.Guest.Map(0xffffc90001000000, 0x187000, executable: false);
        GuestRegion @new = data.Guest.Map(0xffffc90002000000, 0x187000, executable: false);
        GuestRegion list = data.Guest.Map(0xffffc90003000000, Count * WireCodec.SizeOf<InstanceDescriptor>(), executable: false);
        for (int i = 0; i < Count; i++)
        {
            var one = new InstanceDescriptor { OldAddress = old.Start + (16 * (ulong)i), NewAddress = @new.Start + (16 * (ulong)i) };
            WireCodec.ToBytes(one).CopyTo(list.Bytes, i * WireCodec.SizeOf<InstanceDescriptor>());
        }

        data.Spec.Descriptor.Instances = list.Start;
        data.Spec.Descriptor.InstanceCount = Count;
        data.ApplyWithThread();
        Assert.That(data.World.Query(data.Id).Instances, Is.EqualTo((uint)Count));

        for (int i = 0; i < Count; i += 997)
        {
            data.Guest.Store(old.Start + (16 * (ulong)i) + 8, (uint)i + 5);
            Assert.That(data.Guest.Read32(@new.Start + (16 * (ulong)i)), Is.EqualTo((uint)i + 5));
        }
    }

    /// <summary>Stores whose own path through the fake guest allocates nothing.</summary>
    private sealed class QuietTransfers
    {
        private readonly DataWorld _data;
        private readonly ulong[] _physical;

        public QuietTransfers(DataWorld data)
        {
            _data = data;
            data.Guest.FixedTransfer = true;
            _physical = [.. Enumerable.Range(0, 100).Select(i => Translate(data, DataWorld.Old(i)))];
        }

        public void StoreEverywhere()
        {
            foreach (ulong physical in _physical)
            {
                _data.Guest.Listener.OnStore(new GuestStore(0, 1, physical + 8, 4));
                _data.Guest.Listener.OnStore(new GuestStore(0, 1, physical, 4));
                _data.Guest.Listener.AtBoundary();
            }
        }

        private static ulong Translate(DataWorld data, ulong address)
        {
            data.Guest.TryTranslate(address, forWriting: true, out ulong physical);
            return physical;
        }
    }

    private static bool NeedsStep(DataWorld data, ulong address, int size)
    {
        Assert.That(data.Guest.TryTranslate(address, forWriting: true, out ulong physical), Is.True);
        return data.Guest.Listener.NeedsStep(physical, size);
    }
}
