using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>alpha handles one type, beta another, and a thread stands in each: when alpha is left, its type needs no monitoring any more.</summary>
public sealed class TypesLeftTests
{
    private const uint Other = 2;
    private const uint OnlyFirst = 0b10;
    private const uint OnlySecond = 0b01;

    private ContextDescriptor _inBeta;
    private ulong _alphaReturns;
    private ulong _betaReturns;

    [Test]
    public void TypeIsMonitoredNoLongerWhenItsHandlersAreLeft()
    {
        DataWorld data = Applied();

        Leave(data);

        UpdateEvent told = data.World.FetchEvents(data.Id)[^1];
        Assert.That(((UpdateEventKind)told.Kind, told.Function), Is.EqualTo((UpdateEventKind.TypeLeft, 0u)));
        Assert.That((Info(data, 0), Info(data, 1)), Is.EqualTo((true, false)));
        data.Guest.Store(DataWorld.Old(0) + 8, 77);
        Assert.That(data.Guest.Read32(DataWorld.New(0)), Is.EqualTo(10u), "nobody old writes it, and nobody carries it over");
        data.Guest.Store(DataWorld.New((int)Other), 88);
        Assert.That(data.Guest.Read32(DataWorld.Old((int)Other) + 8), Is.EqualTo(88u), "the other type goes on");
    }

    [Test]
    public void ThatAFrameReturnedIsNotEnoughBeforeTheStacksWereWalked()
    {
        DataWorld data = Applied();

        data.World.Return(_alphaReturns);

        Assert.That(Info(data, 0), Is.False);
        data.Guest.Store(DataWorld.Old(0) + 8, 77);
        data.AssertCoherent(0);
    }

    [Test]
    public void WalkThatFindsSomebodyInAHandlerKeepsItsTypeMonitored()
    {
        DataWorld data = Applied();
        data.World.Return(_alphaReturns);
        var again = new UpdateSpec { Functions = data.Spec.Functions };
        data.World.AddActivation(again, data.Inside, thread: 11);

        Report(data, _inBeta, again.Contexts[0]);

        Assert.That(Info(data, 0), Is.False);
    }

    [Test]
    public void FunctionOfWhichNothingIsSaidHandlesAllTypes()
    {
        DataWorld data = Applied(alpha: 0, beta: 0);

        Leave(data);

        Assert.That((Info(data, 0), Info(data, 1)), Is.EqualTo((false, false)));
        Assert.That(data.World.FetchEvents(data.Id).Select(e => e.Kind), Has.None.EqualTo((uint)UpdateEventKind.TypeLeft));
    }

    [Test]
    public void UpdateGoesOnToItsEnd()
    {
        DataWorld data = Applied();
        Leave(data);
        data.Guest.Store(DataWorld.New(0), 500);

        data.World.Return(_betaReturns);
        data.World.FetchEvents(data.Id);

        Assert.That(data.World.Retire(data.Id, newCode: true), Is.Zero, () => data.LastDetail);
        Assert.That(data.World.Complete(data.Id), Is.EqualTo((long)UpdateState.Finished));
        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(10u), "given up, not carried back");
        Assert.That(data.Guest.Monitored, Is.Empty);
    }

    [Test]
    public void RollBackCarriesItBackAndMonitorsItAgain()
    {
        DataWorld data = Applied();
        Leave(data);
        data.Guest.Store(DataWorld.New(0), 500);
        data.World.AddActivation(data.Spec, data.Spec.Functions[0].NewAddress + 4, thread: 9);

        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);

        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(500u));
        Assert.That(Info(data, 0), Is.False);
        data.Guest.Store(DataWorld.Old(0) + 8, 600);
        data.AssertCoherent(0);
    }

    [Test]
    public void FaultAtAnyStepOfThatRollBackLeavesItLeft()
    {
        DataWorld counted = Applied();
        Leave(counted);
        counted.World.Fault.Reset(-1);
        counted.RollBack();
        int moments = counted.World.Fault.Moments;
        Assert.That(moments, Is.GreaterThan(2 * 5), "workspace, two transfers, monitoring, jumps");
        for (int moment = 0; moment < moments; moment++)
        {
            DataWorld data = Applied();
            Leave(data);
            data.Guest.Store(DataWorld.New(0), 500);
            data.Spec.Descriptor.UpdateId = (uint)data.Id;
            ulong descriptor = data.World.Send(data.Spec);
            byte[] before = data.Guest.Snapshot();
            data.World.Fault.Reset(moment);

            Assert.That(data.World.Call(Hypercall.Rollback, descriptor), Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");

            Assert.That(data.Guest.Is(before), Is.True, $"moment {moment}");
            Assert.That((Info(data, 0), Info(data, 1)), Is.EqualTo((true, false)), $"moment {moment}");
            data.Guest.Store(DataWorld.Old(1) + 8, 1);
            Assert.That(data.Guest.Read32(DataWorld.New(1)), Is.EqualTo(20u), $"moment {moment}: not monitored");
            data.Guest.Store(DataWorld.Old((int)Other) + 8, 1);
            data.AssertCoherent((int)Other);
        }
    }

    [Test]
    public void FailureOfAnotherTypeCarriesItBack()
    {
        DataWorld data = Applied();
        Leave(data);
        data.Guest.Store(DataWorld.New(0), 500);
        data.Guest.Transfers[data.ToNew] = _ => "exception 14";

        data.Guest.Store(DataWorld.Old((int)Other) + 8, 1);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.Guest.Read32(DataWorld.Old(0) + 8), Is.EqualTo(500u));
        Assert.That(data.Guest.Monitored, Is.Empty);
    }

    [Test]
    public void FailureThatCannotCarryItBackSaysHowMuchIsLost()
    {
        DataWorld data = Applied();
        Leave(data);
        data.Guest.Transfers[data.ToOld] = _ => "exception 14";

        data.Guest.Store(DataWorld.New((int)Other), 1);

        Assert.That(data.LastDetail, Does.Contain("2 more transfers failed on the way back"));
    }

    [Test]
    public void InstancesAreBornAndDieUnmonitored()
    {
        DataWorld data = Applied();
        Leave(data);
        data.Guest.Poke(DataWorld.Old(5) + 8, BitConverter.GetBytes(50u));

        Assert.That(data.World.Call(Hypercall.Born, data.World.Place(data.Change(5))), Is.Zero, () => data.LastDetail);

        Assert.That(data.Guest.Read32(DataWorld.New(5)), Is.EqualTo(50u));
        data.Guest.Store(DataWorld.New(5), 51);
        Assert.That(data.Guest.Read32(DataWorld.Old(5) + 8), Is.EqualTo(50u));
        Assert.That(data.World.Call(Hypercall.Died, data.World.Place(data.Change(1))), Is.Zero);
        data.Spec.Instances.RemoveAll(instance => instance.OldAddress == DataWorld.Old(1));
        data.Spec.Instances.Add(new InstanceDescriptor { OldAddress = DataWorld.Old(5), NewAddress = DataWorld.New(5) });
        Assert.That(data.RollBack(), Is.EqualTo((long)UpdateState.RollingBack), () => data.LastDetail);
        Assert.That(data.Guest.Read32(DataWorld.Old(5) + 8), Is.EqualTo(51u), "what was born then is carried back too");
    }

    [Test]
    public void TransferThatWaitsForALockIsMadeBeforeMonitoringEnds()
    {
        DataWorld data = Applied(transfer: TransferPoint.OnUnlock);
        data.Guest.Store(DataWorld.Old(0), 1);
        data.Guest.Store(DataWorld.Old(0) + 8, 42);
        Assert.That(data.Guest.Read32(DataWorld.New(0)), Is.EqualTo(10u));

        Leave(data);

        data.AssertCoherent(0);
    }

    [Test]
    public void TransferThatFailsThenFailsTheUpdate()
    {
        DataWorld data = Applied(transfer: TransferPoint.OnUnlock);
        data.Guest.Store(DataWorld.Old(0), 1);
        data.Guest.Store(DataWorld.Old(0) + 8, 42);
        data.Guest.Transfers[data.ToNew] = _ => "exception 14";

        Leave(data);

        Assert.That(data.State, Is.EqualTo(UpdateState.RollingBack));
        Assert.That(data.Guest.Monitored, Is.Empty);
    }

    [TestCase(0b100u, 0u, "there are 2", TestName = "A type that there is not is refused")]
    [TestCase(0b01u, 0b01u, "no function is said to touch it", TestName = "A type that nobody touches is refused")]
    public void WhatIsSaidOfFunctionsIsChecked(uint alpha, uint beta, string detail)
    {
        DataWorld data = Make(alpha, beta);

        Assert.That(data.World.Apply(data.Spec), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(data.LastDetail, Does.Contain(detail));
    }

    private DataWorld Applied(uint alpha = OnlyFirst, uint beta = OnlySecond, TransferPoint transfer = TransferPoint.EachWrite)
    {
        DataWorld data = Make(alpha, beta, transfer);
        _betaReturns = data.World.AddActivation(data.Spec, data.Guest.Function("beta").Address + 8, function: 1, thread: 8);
        _inBeta = data.Spec.Contexts[0];
        _alphaReturns = data.ApplyWithThread();
        data.World.FetchEvents(data.Id);
        return data;
    }

    private static DataWorld Make(uint alpha, uint beta, TransferPoint transfer = TransferPoint.EachWrite)
    {
        var data = new DataWorld(instances: 2, transfer: transfer);
        data.Spec.Types.Add(data.Type(Interception.Step, TransferPoint.EachWrite) with { Name = Text32.From("other") });
        data.AddInstance((int)Other, type: 1);
        data.Spec.Functions[0].UntouchedTypes = alpha;
        data.Spec.Functions[1].UntouchedTypes = beta;
        return data;
    }

    private void Leave(DataWorld data)
    {
        data.World.Return(_alphaReturns);
        Report(data, _inBeta);
    }

    private static void Report(DataWorld data, params ContextDescriptor[] contexts) =>
        Assert.That(data.World.Report(data.Id, newCode: false, contexts), Is.Not.Negative, () => data.LastDetail);

    private static bool Info(DataWorld data, int type) => data.World.Server.Updates[^1].Data!.Types[type].IsLeft;
}
