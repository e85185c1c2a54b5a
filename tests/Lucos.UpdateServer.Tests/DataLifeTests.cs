using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>An update that changes data, from APPLY to the end, forward and back.</summary>
public sealed class DataLifeTests
{
    [Test]
    public void BothVersionsLiveUntilTheLastThreadHasLeftAndTheManagerHasRetired()
    {
        var data = new DataWorld();
        ulong slot = data.ApplyWithThread();
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(2), "a page of old versions and one of new ones");
        Enumerable.Range(0, 3).ToList().ForEach(data.AssertCoherent);

        data.Guest.Store(DataWorld.Old(1) + 8, 77);
        data.AssertCoherent(1);
        data.Guest.Store(DataWorld.New(2) + 4, 88);
        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 12), Is.EqualTo(88u));
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.EqualTo(Refusal.WrongState.ToResult()), "somebody is in old code");

        Assert.That(data.World.Return(slot), Is.EqualTo(TestWorld.Text + 0x3f00));
        Assert.That(
            data.World.FetchEvents(data.Id).Select(e => ((UpdateEventKind)e.Kind, e.Function)),
            Is.EqualTo(new[] { (UpdateEventKind.ThreadsLeft, 1u), (UpdateEventKind.FunctionLeft, 0u), (UpdateEventKind.ThreadsLeft, 0u), (UpdateEventKind.AllLeft, 0u) }));
        Assert.That(data.World.Complete(data.Id), Is.EqualTo(Refusal.WrongState.ToResult()), "not retired");
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero, () => data.LastDetail);
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.FetchEvents(data.Id).Single().Kind, Is.EqualTo((uint)UpdateEventKind.AllLeft));
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
    }

    [Test]
    public void WithNobodyInOldCodeNothingIsMonitored()
    {
        var data = new DataWorld();
        data.Apply();

        data.AssertCoherent(0);
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.FetchEvents(data.Id)[^1].Kind, Is.EqualTo((uint)UpdateEventKind.AllLeft));
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining), "until it is complete");
        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
    }

    [Test]
    public void RollBackWhileBothLiveKeepsWhatNewCodeWrote()
    {
        var data = new DataWorld();
        ulong slot = data.ApplyWithThread();
        data.Guest.Store(DataWorld.New(0), 500);
        ulong inNew = data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);

        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);

        Assert.That(data.Guest.Read64(slot), Is.EqualTo(TestWorld.Text + 0x3f00), "old code is current: its stub came off");
        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(500u));
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(2));
        data.Guest.Store(DataWorld.New(0), 600);
        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(600u), "whoever is in new code still counts");
        data.World.Return(inNew);
        Assert.That(data.World.FetchEvents(data.Id)[^1].Kind, Is.EqualTo((uint)UpdateEventKind.AllLeft));
        Assert.That(data.World.Retire(data.Id, newCode: false), Is.Zero, () => data.LastDetail);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.JumpAt(data.Spec.Functions[0].OldAddress), Is.Null);
    }

    [Test]
    public void RollBackOfAFinishedUpdateMakesEveryOldVersionAnew()
    {
        var data = new DataWorld();
        data.Apply();
        data.World.Retire(data.Id, newCode: true);
        data.World.Complete(data.Id);
        data.Guest.Poke(DataWorld.New(2), BitConverter.GetBytes(900u));

        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack));

        Assert.That(data.Guest.Read32(DataWorld.Old(2) + 8), Is.EqualTo(900u));
        Assert.That(data.World.FetchEvents(data.Id)[^1].Kind, Is.EqualTo((uint)UpdateEventKind.AllLeft));
        Assert.That(data.World.Retire(data.Id, newCode: false), Is.Zero);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(data.World.Call(Hypercall.Released, (ulong)data.Id), Is.Zero);
    }

    [Test]
    public void ThoseWhoRanNewCodeAtRetireAreAwaited()
    {
        var data = new DataWorld();
        data.Apply();
        ulong slot = data.World.AddActivation(data.Spec, data.Spec.Functions[1].NewAddress + 4, function: 1);

        Assert.That(data.World.Retire(data.Id, newCode: true, [.. data.Spec.Contexts]), Is.Zero, () => data.LastDetail);

        Assert.That(data.World.Complete(data.Id), Is.EqualTo(Refusal.WrongState.ToResult()));
        data.World.FetchEvents(data.Id);
        data.World.Return(slot);
        Assert.That(data.World.FetchEvents(data.Id).Select(e => (UpdateEventKind)e.Kind), Is.EqualTo(new[] { UpdateEventKind.AllLeft }));
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
    }
}
