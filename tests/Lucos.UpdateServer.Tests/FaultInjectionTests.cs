using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>A fault before and after every step: the guest is as it was, byte for byte, and goes on.</summary>
public sealed class FaultInjectionTests
{
    private static readonly string[] s_functions = ["alpha", "beta", "tiny"];

    [Test]
    public void FaultAtAnyStepOfApplyLeavesEveryByteAsItWas()
    {
        int moments = CountMoments(rollBack: false);
        Assert.That(moments, Is.GreaterThanOrEqualTo(2 * 9), "copies, contexts, a vCPU and jumps over two stacked versions");
        for (int moment = 0; moment < moments; moment++)
        {
            (TestWorld world, UpdateSpec spec) = Prepare();
            ulong descriptor = world.Send(spec);
            byte[] before = world.Guest.Snapshot();
            world.Fault.Reset(moment);

            long answer = world.Call(Hypercall.Apply, descriptor);

            Assert.That(answer, Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");
            Assert.That(world.Guest.Is(before), Is.True, $"moment {moment}");
            Assert.That(world.Server.Updates[^1].State, Is.EqualTo(UpdateState.Aborted));
            Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0+below"));
            world.Fault.Reset(-1);
            Assert.That(world.Call(Hypercall.Apply, descriptor), Is.Positive, "the same update goes through afterwards");
        }
    }

    [Test]
    public void FaultAtAnyStepOfRollBackLeavesTheUpdateInForce()
    {
        int moments = CountMoments(rollBack: true);
        for (int moment = 0; moment < moments; moment++)
        {
            (TestWorld world, UpdateSpec spec) = Prepare();
            long id = ApplyAndAimAtCopies(world, spec);
            spec.Descriptor.UpdateId = (uint)id;
            ulong descriptor = world.Send(spec);
            byte[] before = world.Guest.Snapshot();
            world.Fault.Reset(moment);

            long answer = world.Call(Hypercall.Rollback, descriptor);

            Assert.That(answer, Is.EqualTo(Refusal.Internal.ToResult()), $"moment {moment}");
            Assert.That(world.Guest.Is(before), Is.True, $"moment {moment}");
            Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0+below+fix"));
            world.Fault.Reset(-1);
            Assert.That(world.Call(Hypercall.Rollback, descriptor), Is.EqualTo((long)UpdateState.RolledBack));
        }
    }

    private static int CountMoments(bool rollBack)
    {
        (TestWorld world, UpdateSpec spec) = Prepare();
        if (rollBack)
        {
            long id = ApplyAndAimAtCopies(world, spec);
            world.Fault.Reset(-1);
            Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RolledBack));
        }
        else
        {
            world.Fault.Reset(-1);
            Assert.That(world.Apply(spec), Is.Positive);
        }

        return world.Fault.Moments;
    }

    /// <summary>An update over an older one, with contexts and a vCPU inside overwritten bytes of both versions.</summary>
    private static (TestWorld World, UpdateSpec Spec) Prepare()
    {
        var world = new TestWorld();
        UpdateSpec below = world.MakeUpdate("below", "alpha");
        world.ApplyWell(below);
        UpdateSpec spec = world.MakeUpdate("fix", s_functions);
        world.AddContext(spec, below.Functions[0].NewAddress + 1);
        world.AddContext(spec, spec.Functions[1].OldAddress + 4, function: 1);
        world.AddContext(spec, spec.Functions[1].OldAddress + 1, function: 1);
        world.Guest.Rips.Add(spec.Functions[2].OldAddress + 2);
        return (world, spec);
    }

    private static long ApplyAndAimAtCopies(TestWorld world, UpdateSpec spec)
    {
        List<ContextDescriptor> contexts = [.. spec.Contexts];
        long id = world.ApplyWell(spec);
        foreach (ContextDescriptor context in contexts)
        {
            ulong moved = BitConverter.ToUInt64(world.Guest.Read(context.Slot, 8));
            spec.Contexts.Add(context with { Rip = moved });
        }

        spec.CountContexts = false;
        return id;
    }
}
