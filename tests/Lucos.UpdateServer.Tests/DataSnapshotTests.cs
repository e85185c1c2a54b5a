using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Tests;

/// <summary>A server that is saved while both versions live goes on elsewhere as if nothing had been.</summary>
public sealed class DataSnapshotTests
{
    [Test]
    public void StateOfAServerIsTheSameAfterSavingAndLoading()
    {
        DataWorld data = UnderWay();
        byte[] saved = Save(data.World.Server);

        LiveUpdateServer copy = Copy(data, saved);

        Assert.That(Save(copy), Is.EqualTo(saved));
    }

    [Test]
    public void CopyGoesOnWithStubsMonitoringAndMarkedInstances()
    {
        DataWorld data = UnderWay();
        ulong slot = TestWorld.Heap + 8;
        Copy(data, Save(data.World.Server));
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(3), "monitored again, the lock's page too");
        Assert.That(data.Guest.Stubs.Count, Is.EqualTo(TestWorld.StubCount));

        data.Guest.Store(DataWorld.LockWord, 0);

        data.AssertCoherent(1);
        Assert.That(data.World.Return(slot), Is.EqualTo(TestWorld.Text + 0x3f00));
        Assert.That(data.World.Server.Ledger((uint)data.Id), Has.Count.EqualTo(1));
        data.World.FetchEvents(data.Id);
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero, () => data.LastDetail);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
        Assert.That(data.Guest.Monitored, Is.Empty);
    }

    [Test]
    public void CopyGoesOnWithTransfersThatArePutOff()
    {
        var data = new DataWorld(interception: Interception.Service, transfer: TransferPoint.Lazy);
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        byte[] saved = Save(data.World.Server);

        LiveUpdateServer copy = Copy(data, saved);

        Assert.That(Save(copy), Is.EqualTo(saved));
        Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(20u), "put off still");
        Assert.That(data.Guest.Load(DataWorld.New(1)), Is.EqualTo(4711u));
        Assert.That((copy.Updates[^1].Data!.PutOff, copy.Updates[^1].Data!.MadeUp), Is.EqualTo((1UL, 1UL)));
    }

    [Test]
    public void DamagedStateIsRefusedOrTaken()
    {
        DataWorld data = UnderWay();
        byte[] saved = Save(data.World.Server);
        for (int i = 0; i < saved.Length; i += 5)
        {
            byte[] damaged = (byte[])saved.Clone();
            damaged[i] ^= 0x55;
            var guest = new DataWorld(transfer: TransferPoint.OnUnlock);
            try
            {
                Load(guest.World.Server, damaged);
            }
            catch (SnapshotException)
            {
                continue;
            }

            guest.Guest.Listener.TryReturn(TestWorld.Stubs, out _);
            guest.Guest.Store(DataWorld.LockWord, 0);
        }
    }

    /// <summary>An instance marked under a common lock, a thread in old code, one entry in the ledger.</summary>
    private static DataWorld UnderWay()
    {
        var data = new DataWorld(transfer: TransferPoint.OnUnlock);
        data.Edit(t => t with { LockOffset = UpdateFlags.NoLock, Lock = DataWorld.LockWord });
        data.VerifyCoherence();
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.LockWord, 1);
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        return data;
    }

    private static LiveUpdateServer Copy(DataWorld data, byte[] saved)
    {
        data.Guest.Monitored.Clear();
        var server = new LiveUpdateServer(data.Guest, "0.1.0", data.World.Journal, data.World.Fault);
        Load(server, saved);
        data.World.Replace(server);
        return server;
    }

    private static void Load(LiveUpdateServer server, byte[] saved) =>
        server.State.Load(new StateReader(new StateSection(server.State.StateName, server.State.StateVersion, saved)));

    private static byte[] Save(LiveUpdateServer server)
    {
        var writer = new StateWriter();
        server.State.Save(writer);
        return writer.Written.ToArray();
    }
}
