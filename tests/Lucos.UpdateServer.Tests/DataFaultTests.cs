using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>A fault before and after every step of applying, retiring and rolling back data; transfers that fail at any time.</summary>
public sealed class DataFaultTests
{
    private static readonly Dictionary<string, TransferFunction> s_bad = new()
    {
        ["fault"] = memory => memory.Write32(0, 0xbad) ? "exception 14" : "",
        ["overrun"] = memory => memory.Write32(4, 0xbad) ? "overran" : "",
        ["behind"] = memory => memory.Write32(0, 0xbad) && memory.Write32(DataWorld.NewSize + 4, 1) ? null : "forbidden store",
        ["elsewhere"] = memory => memory.Write32(0, 0xbad) && memory.Write32(memory.Source + 8, 1) ? null : "forbidden store",
    };

    [Test]
    public void FaultAtAnyStepOfApplyLeavesEveryByteAsItWas()
    {
        int moments = Count((data, _) => data.World.Apply(data.Spec));
        Assert.That(moments, Is.GreaterThanOrEqualTo(2 * 10), "workspace, three transfers, a copy, a context, two stubs, monitoring, two jumps");
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = Prepare();
            ulong descriptor = data.World.Send(data.Spec);
            byte[] before = data.Guest.Snapshot();
            data.World.Fault.Reset(moment);

            Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");

            Assert.That(data.Guest.Is(before), Is.True, $"moment {moment}");
            Assert.That(data.Guest.Monitored, Is.Empty);
            Assert.That(data.State, Is.EqualTo(UpdateState.Aborted));
            data.World.Fault.Reset(-1);
            Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.Positive, "the same update goes through afterwards");
        }
    }

    [Test]
    public void FaultAtAnyStepOfRollBackLeavesTheUpdateInForce([Values] bool finished)
    {
        int moments = Count((data, slots) =>
        {
            Bring(data, slots, finished);
            data.World.Fault.Reset(-1);
            return data.RollBack();
        });
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = Prepare(out List<ulong> slots);
            Bring(data, slots, finished);
            data.Spec.Descriptor.UpdateId = (uint)data.Id;
            ulong descriptor = data.World.Send(data.Spec);
            byte[] before = data.Guest.Snapshot();
            int monitored = data.Guest.Monitored.Count;
            UpdateState state = data.State;
            data.World.Fault.Reset(moment);

            Assert.That(data.World.Call(Hypercall.Rollback, descriptor), Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");

            Assert.That(data.Guest.Is(before), Is.True, $"moment {moment}");
            Assert.That((data.State, data.Guest.Monitored.Count), Is.EqualTo((state, monitored)));
            data.World.Fault.Reset(-1);
            Assert.That(data.World.Call(Hypercall.Rollback, descriptor), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
        }
    }

    [Test]
    public void FaultAtAnyStepOfRetireLeavesBothVersionsAlive()
    {
        int moments = Count((data, slots) => Retire(data, slots, -1));
        Assert.That(moments, Is.GreaterThanOrEqualTo(2 * 3), "a transfer, monitoring, a stub");
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = Prepare(out List<ulong> slots, TransferPoint.OnUnlock);

            Assert.That(Retire(data, slots, moment), Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");

            Assert.That(data.Guest.Monitored, Has.Count.EqualTo(2));
            Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(20u), "what waits for the lock still waits");
            data.World.Fault.Reset(-1);
            Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);
            data.AssertCoherent(1);
        }
    }

    [TestCase("fault")]
    [TestCase("overrun")]
    [TestCase("behind")]
    [TestCase("elsewhere")]
    public void FirstTransferThatFailsRefusesTheUpdate(string how)
    {
        DataWorld data = Prepare();
        int calls = 0;
        data.Guest.Transfers[data.ToNew] = memory => ++calls == 3 ? s_bad[how](memory) : DataWorld.CopyToNew(memory);
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();

        Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.EqualTo(Refusal.TransferFailed.ToResult()));

        Assert.That(data.Guest.Is(before), Is.True);
        Assert.That(data.State, Is.EqualTo(UpdateState.Refused));
        Assert.That(data.LastDetail, Does.Contain("to_new of counter 0x"));
        Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.Positive);
    }

    [TestCase("fault", Interception.Step)]
    [TestCase("overrun", Interception.Emulate)]
    [TestCase("behind", Interception.Service)]
    [TestCase("elsewhere", Interception.Service)]
    public void TransferThatFailsWhileBothLiveTakesTheUpdateBack(string how, Interception interception)
    {
        var data = new DataWorld(interception: interception);
        ulong slot = data.ApplyWithThread();
        byte[] target = data.Guest.Read(DataWorld.New(1), 16);
        data.Guest.Transfers[data.ToNew] = s_bad[how];

        data.Guest.Store(DataWorld.Old(1) + 8, 4711);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.Guest.Read32(DataWorld.Old(1) + 8), Is.EqualTo(4711u), "the old version is whole");
        Assert.That(data.Guest.Read(DataWorld.New(1), 16), Is.EqualTo(target));
        Assert.That(data.World.JumpAt(data.Spec.Functions[0].OldAddress), Is.Null);
        Assert.That(data.Guest.Read64(slot), Is.EqualTo(TestWorld.Text + 0x3f00));
        Assert.That(data.Guest.Monitored, Is.Empty);
        Assert.That(data.World.Server.EffectiveVersion, Is.EqualTo("0.1.0"));
        Assert.That(data.World.FetchEvents(data.Id)[^1].Kind, Is.EqualTo((uint)UpdateEventKind.Failed));
        UpdateStatus status = data.World.Query(data.Id);
        Assert.That((status.Refusal, status.Detail.ToString()), Is.EqualTo(((uint)Refusal.TransferFailed, status.Detail.ToString())));
        Assert.That(status.Detail.ToString(), Does.StartWith("to_new of counter 0x"));
    }

    [Test]
    public void FailedUpdateEndsWhenTheManagerHasReportedThatNobodyIsInNewCode()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        data.Guest.Transfers[data.ToNew] = s_bad["fault"];
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        ContextDescriptor inside = TestWorld.ContextAt(TestWorld.Heap + 0x800, data.Spec.Functions[0].NewAddress + 4, 0, ContextKind.InterruptFrame);

        Assert.That(data.World.Complete(data.Id), Is.EqualTo(Refusal.WrongState.ToResult()), "nobody knows who is in new code");
        Assert.That(data.RollBack(), Is.EqualTo(Refusal.WrongState.ToResult()), "it rolls back already");
        Assert.That(data.World.Report(data.Id, newCode: true, inside), Is.EqualTo((long)UpdateState.RollingBack));
        Assert.That(data.World.Complete(data.Id), Is.EqualTo(Refusal.WrongState.ToResult()), "somebody is");
        Assert.That(data.World.Report(data.Id, newCode: true), Is.EqualTo((long)UpdateState.RollingBack));
        Assert.That(data.World.FetchEvents(data.Id)[^1].Kind, Is.EqualTo((uint)UpdateEventKind.AllLeft));
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.RolledBack), () => data.LastDetail);
        Assert.That(data.World.Call(Hypercall.Released, (ulong)data.Id), Is.Zero);
    }

    [Test]
    public void TransferThatFailsAtRollBackRefusesIt()
    {
        var data = new DataWorld();
        data.Apply();
        data.World.Retire(data.Id, newCode: true);
        data.World.Complete(data.Id);
        data.Guest.Transfers[data.ToOld] = memory => memory.Write32(8, 0xbad) ? "exception 14" : "";
        data.Spec.Descriptor.UpdateId = (uint)data.Id;
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();

        Assert.That(data.World.Call(Hypercall.Rollback, descriptor), Is.EqualTo(Refusal.TransferFailed.ToResult()));

        Assert.That(data.Guest.Is(before), Is.True);
        Assert.That(data.State, Is.EqualTo(UpdateState.Finished));
        data.Guest.Transfers[data.ToOld] = DataWorld.CopyToOld;
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack));
    }

    [Test]
    public void BornWhoseTransferFailsIsRefused()
    {
        var data = new DataWorld();
        data.ApplyWithThread();
        data.Guest.Transfers[data.ToNew] = s_bad["fault"];

        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(9))), Is.EqualTo(Refusal.TransferFailed.ToResult()));

        Assert.That(data.Guest.Read32(DataWorld.New(9)), Is.Zero);
        Assert.That(data.State, Is.EqualTo(UpdateState.Draining));
        data.Guest.Transfers[data.ToNew] = DataWorld.CopyToNew;
        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(9))), Is.Zero);
    }

    [Test]
    public void MonitoringThatCannotBeginAbortsTheApplying()
    {
        DataWorld data = Prepare();
        ulong descriptor = data.World.Send(data.Spec);
        byte[] before = data.Guest.Snapshot();
        data.Guest.FailingMonitor = 0;

        Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.EqualTo(Refusal.Internal.ToResult()));

        Assert.That(data.Guest.Is(before), Is.True);
        Assert.That(data.World.Call(Hypercall.Apply, descriptor), Is.Positive);
        Assert.That(data.Guest.Monitored, Has.Count.EqualTo(2));
    }

    private static int Count(Func<DataWorld, List<ulong>, long> act)
    {
        DataWorld data = Prepare(out List<ulong> slots, TransferPoint.EachWrite);
        data.World.Fault.Reset(-1);
        Assert.That(act(data, slots), Is.Not.Negative, () => data.LastDetail);
        return data.World.Fault.Moments;
    }

    private static long Retire(DataWorld data, List<ulong> slots, int moment)
    {
        data.Edit(t => t with { Transfer = (uint)TransferPoint.OnUnlock, LockOffset = 0, LockSize = 4 });
        data.Apply();
        data.Guest.Store(DataWorld.Old(1) + 8, 4711);
        slots.ForEach(slot => data.World.Return(slot));
        data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);
        data.World.Fault.Reset(moment);
        return data.World.Retire(data.Id, newCode: true, [.. data.Spec.Contexts]);
    }

    private static void Bring(DataWorld data, List<ulong> slots, bool finished)
    {
        data.Apply();
        if (finished)
        {
            slots.ForEach(slot => data.World.Return(slot));
            Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero);
            Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
        }

        data.Guest.Store(DataWorld.New(1), 815);
        data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);
        data.Spec.CountContexts = false;
    }

    private static DataWorld Prepare() => Prepare(out _);

    private static DataWorld Prepare(out List<ulong> slots, TransferPoint transfer = TransferPoint.EachWrite)
    {
        var data = new DataWorld(transfer: transfer);
        slots =
        [
            data.World.AddActivation(data.Spec, data.Spec.Functions[0].OldAddress + 1, thread: 1),
            data.World.AddActivation(data.Spec, data.Spec.Functions[1].OldAddress + 8, function: 1, thread: 2),
        ];
        return data;
    }
}
