using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

public sealed class LedgerTests
{
    [Test]
    public void EveryStoreToAVersionIsKept()
    {
        DataWorld data = Apply();
        data.Guest.Store(DataWorld.Old(1) + 12, BitConverter.GetBytes(5u), cpu: 1, rip: 0xabc);
        data.Guest.Store(DataWorld.New(2), 6);
        data.Guest.Store(DataWorld.Old(2) + 20, 7);

        IReadOnlyList<LedgerEntry> ledger = data.World.Server.Ledger((uint)data.Id);

        Assert.That(ledger, Has.Count.EqualTo(2), "what hits no version is not kept");
        Assert.That(ledger[0], Is.EqualTo(new LedgerEntry(1000, 1, 0xabc, 0, DataWorld.Old(1), false, 12, 4, 5)));
        Assert.That((ledger[1].Instance, ledger[1].IsNew, ledger[1].Value), Is.EqualTo((DataWorld.Old(2), true, 6UL)));
    }

    [Test]
    public void OnlyTheNewestAreKept()
    {
        DataWorld data = Apply();
        for (uint i = 0; i < 5000; i++)
        {
            data.Guest.Store(DataWorld.Old(1) + 12, i);
        }

        IReadOnlyList<LedgerEntry> ledger = data.World.Server.Ledger((uint)data.Id);

        Assert.That((ledger.Count, ledger[0].Value, ledger[^1].Value), Is.EqualTo((4096, 904UL, 4999UL)));
        Assert.That(data.World.Server.Updates[^1].Data!.LedgerEntries, Is.EqualTo(5000UL));
    }

    [Test]
    public void WithoutTheFlagNothingIsKept()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        data.Guest.Store(DataWorld.Old(1) + 12, 5);

        Assert.That(data.World.Server.Ledger((uint)data.Id), Is.Empty);
        Assert.That(data.World.Server.Ledger(99), Is.Empty);
    }

    [Test]
    public void TransferThatLosesAFieldIsFoundWhenTheUpdateIsApplied()
    {
        var data = new DataWorld();
        data.VerifyCoherence();
        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(0, memory.Read32(8)) ? null : "";
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();

        Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.EqualTo(Refusal.Incoherent.ToResult()));

        Assert.That(data.LastDetail, Does.Contain("loses the field at +0xc: 01000000 becomes 00000000"));
        Assert.That(data.Guest.Is(before), Is.True);
    }

    [Test]
    public void LossyTransferIsFoundAndTheWriteIsNamed()
    {
        DataWorld data = Apply();
        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(0, memory.Read32(8) & 0xffff) && memory.Write32(4, memory.Read32(12)) ? null : "";
        data.Guest.Store(DataWorld.Old(1) + 8, 5);
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining), "nothing is lost of a small number");

        data.Guest.Store(DataWorld.Old(1) + 8, BitConverter.GetBytes(0x12345u), cpu: 1, rip: 0xffffffff80100042);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(
            data.World.Server.Updates[^1].Detail,
            Is.EqualTo($"to_new of counter 0x{DataWorld.Old(1):x} loses the field at +0x8: 45230100 becomes 45230000; "
                + "4 bytes written to the old version +0x8 at 0xffffffff80100042, vCPU 1, block 1000"));
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(0x12345u));
    }

    [Test]
    public void ToOldThatForgetsAFieldIsFound()
    {
        DataWorld data = Apply();
        data.Guest.Transfers[data.ToOld] = memory => memory.Write32(8, memory.Read32(0)) ? null : "";

        data.Guest.Store(DataWorld.New(1), 5);

        Assert.That(data.World.Query(data.Id).Refusal, Is.EqualTo((uint)Refusal.Incoherent));
        Assert.That(data.World.Server.Updates[^1].Detail, Does.Contain("to_old of counter"));
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(20u), "the transfer was taken back");
    }

    [Test]
    public void ToOldThatDoesNotSurviveTheWayBackIsFound()
    {
        DataWorld data = Apply();
        // What to_new gave is doubled by the way back: stable for nobody.
        data.Guest.Transfers[data.ToOld] = memory => memory.Write32(8, memory.Read32(0) * 2) && memory.Write32(12, memory.Read32(4)) ? null : "";

        data.Guest.Store(DataWorld.New(1), 5);

        Assert.That(data.World.Query(data.Id).Refusal, Is.EqualTo((uint)Refusal.Incoherent));
    }

    [Test]
    public void SoundTransfersPassEveryCheck()
    {
        DataWorld data = Apply();
        for (uint i = 0; i < 20; i++)
        {
            data.Guest.Store(DataWorld.Old(1) + 8, 0x80000000 + i);
            data.Guest.Store(DataWorld.New(1) + 4, 0xffffffff - i);
        }

        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 12), Is.EqualTo(0xffffffff - 19));
        data.AssertCoherent(0);
    }

    [Test]
    public void ThreadThatReturnsWhileItsUpdateFailsGoesOnInItsCaller()
    {
        var data = new DataWorld(interception: Interception.Emulate);
        data.VerifyCoherence();
        ulong slot = data.ApplyWithThread();
        data.Guest.Transfers[data.ToNew] = memory => memory.Write32(0, memory.Read32(8)) ? null : "";
        ulong stub = data.Guest.Read64(slot);
        ulong caller = data.World.Server.TrueReturnAddress(stub);

        data.Guest.Store(DataWorld.Old(1) + 12, BitConverter.GetBytes(5u), endsBlock: false);
        data.Guest.SetRip(0, stub);
        data.Guest.EndBlock();

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.Guest.GetRip(0), Is.EqualTo(caller).And.Not.EqualTo(stub));
    }

    [Test]
    public void PutOffTransferThatLosesAFieldAtRetireNamesTheWrite()
    {
        var data = new DataWorld(interception: Interception.Service, transfer: TransferPoint.Lazy);
        data.VerifyCoherence();
        ulong slot = data.ApplyWithThread();
        data.Guest.Transfers[data.ToOld] = memory => memory.Write32(8, memory.Read32(0)) ? null : "";
        data.Guest.Store(DataWorld.New(1) + 4, 5);
        data.World.Return(slot);

        Assert.That(data.World.Retire(data.Id, newCode: true), Is.EqualTo(Refusal.Incoherent.ToResult()));

        Assert.That(data.World.Server.Updates[^1].Detail, Does.Match("to_old of counter 0x[0-9a-f]+ loses the field .*; what new code wrote there is lost; 4 bytes written to the new version [+]0x4 at"));
        Assert.That(data.World.Server.Updates[^1].State, Is.EqualTo(UpdateState.RollingBack));
    }

    [Test]
    public void PutOffTransferThatLosesAFieldRefusesTheRollBackAndNamesTheWrite()
    {
        var data = new DataWorld(interception: Interception.Service, transfer: TransferPoint.Lazy);
        data.VerifyCoherence();
        data.ApplyWithThread();
        data.Guest.Transfers[data.ToOld] = memory => memory.Write32(8, memory.Read32(0)) ? null : "";
        data.Guest.Store(DataWorld.New(1) + 4, 5);

        Assert.That(data.RollBack(), Is.EqualTo(Refusal.Incoherent.ToResult()));

        Assert.That(data.LastDetail, Does.Contain("4 bytes written to the new version +0x4 at").And.Not.Contain("is lost"));
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
    }

    private static DataWorld Apply()
    {
        var data = new DataWorld();
        data.VerifyCoherence();
        data.ApplyWithThread();
        return data;
    }
}
