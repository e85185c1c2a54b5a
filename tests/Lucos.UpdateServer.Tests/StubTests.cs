using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>Stubs in the place of return addresses: who counts as left, and what is on the stacks.</summary>
public sealed class StubTests
{
    private const ulong Caller = TestWorld.Text + 0x3f00;

    [Test]
    public void ReturningByTheStubFinishesTheUpdateAtOnce()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        long id = world.ApplyWell(spec);
        Assert.That(world.Guest.Read64(slot), Is.EqualTo(TestWorld.Stubs));
        Assert.That(world.Query(id).Stubs, Is.EqualTo(1u));
        Assert.That(world.Call(Hypercall.ReturnAddress, TestWorld.Stubs), Is.EqualTo(unchecked((long)Caller)));

        Assert.That(world.Return(slot), Is.EqualTo(Caller));

        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Finished));
        Assert.That(world.Guest.DoorbellRings, Is.EqualTo(1));
        Assert.That(world.Call(Hypercall.ReturnAddress, TestWorld.Stubs), Is.Zero, "it stands for nothing any more");
        Assert.That(world.FetchEvents(id), Is.Empty, "an update without callbacks has nothing to tell");
    }

    [Test]
    public void EachFrameOfARecursionIsAwaitedByItself()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong rip = Inside(world, "alpha");
        ulong[] slots = [world.AddActivation(spec, rip), world.AddActivation(spec, rip, returnAddress: rip), world.AddActivation(spec, rip, returnAddress: rip)];
        long id = world.ApplyWell(spec);

        Assert.That(world.Return(slots[2]), Is.EqualTo(rip));
        Assert.That(world.Return(slots[1]), Is.EqualTo(rip));
        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Draining));
        Assert.That(world.Query(id).Activations, Is.EqualTo(1u));
        Assert.That(world.Return(slots[0]), Is.EqualTo(Caller));
        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Finished));
    }

    [Test]
    public void StackedUpdatesShareTheStubOfASlot()
    {
        var world = new TestWorld();
        UpdateSpec a = world.MakeUpdate("a", "alpha");
        UpdateSpec b = world.MakeUpdate("b", "alpha");
        ulong slot = world.AddActivation(a, Inside(world, "alpha"));
        b.Contexts.Add(a.Contexts[0]);
        world.ApplyWell(a);
        world.ApplyWell(b);
        Assert.That(world.Guest.Read64(slot), Is.EqualTo(TestWorld.Stubs));

        world.Return(slot);

        Assert.That(world.Server.Updates.Select(update => update.State), Is.All.EqualTo(UpdateState.Finished));
    }

    [Test]
    public void RollBackOfOneLeavesTheStubThatAnotherAwaits()
    {
        var world = new TestWorld();
        UpdateSpec a = world.MakeUpdate("a", "alpha");
        UpdateSpec b = world.MakeUpdate("b", "alpha");
        ulong slot = world.AddActivation(a, Inside(world, "alpha"));
        b.Contexts.Add(a.Contexts[0]);
        long first = world.ApplyWell(a);
        long second = world.ApplyWell(b);

        Assert.That(world.RollBack(b, second), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(world.Guest.Read64(slot), Is.EqualTo(TestWorld.Stubs), "a still awaits it");
        Assert.That(world.RollBack(a, first), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(world.Guest.Read64(slot), Is.EqualTo(Caller));
    }

    /// <summary>It has popped the stub's address, and nobody has told the server yet.</summary>
    [Test]
    public void ProcessorThatStandsAtAStubGoesOnWhenNobodyAwaitsThatAnyMore([Values(0, 1)] int cpu)
    {
        var world = new TestWorld();
        world.Guest.Rips.Add(world.Guest.Rips[0]);
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        long id = world.ApplyWell(spec);
        world.Guest.SetRip(cpu, world.Guest.Read64(slot));

        Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RolledBack));

        Assert.That(world.Guest.GetRip(cpu), Is.EqualTo(Caller));
    }

    [Test]
    public void FrameThatLeftWithoutReturningIsCountedOutByTheReport()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong unwound = world.AddActivation(spec, Inside(world, "alpha"), thread: 1);
        world.AddActivation(spec, Inside(world, "alpha"), thread: 2);
        ContextDescriptor stays = spec.Contexts[1];
        long id = world.ApplyWell(spec);
        world.Guest.Poke(unwound, new byte[8]);

        Assert.That(world.Report(id, newCode: false, stays), Is.EqualTo((long)UpdateState.Draining));
        Assert.That(world.Query(id).Activations, Is.EqualTo(1u));
        Assert.That(world.Report(id, newCode: false), Is.EqualTo((long)UpdateState.Draining), "its stub still stands: once is not enough");
        Assert.That(world.Report(id, newCode: false), Is.EqualTo((long)UpdateState.Finished), "a dead stack: twice is");
    }

    [Test]
    public void FullAreaIsMadeUpForByReports()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        List<ulong> slots = [.. Enumerable.Range(0, TestWorld.StubCount + 2).Select(i => world.AddActivation(spec, Inside(world, "alpha"), thread: (uint)i))];
        List<ContextDescriptor> contexts = [.. spec.Contexts];
        long id = world.ApplyWell(spec);
        Assert.That(world.Query(id).Stubs, Is.EqualTo((uint)TestWorld.StubCount));
        Assert.That(slots.Skip(TestWorld.StubCount).Select(world.Guest.Read64), Is.All.EqualTo(Caller));

        slots.Take(TestWorld.StubCount).ToList().ForEach(slot => world.Return(slot));
        Assert.That(world.Report(id, newCode: false, [.. contexts.Skip(TestWorld.StubCount)]), Is.EqualTo((long)UpdateState.Draining));
        Assert.That(world.Report(id, newCode: false), Is.EqualTo((long)UpdateState.Finished));
    }

    [Test]
    public void StubsAreUsedAgain()
    {
        var world = new TestWorld();
        for (int round = 0; round < 5; round++)
        {
            UpdateSpec spec = world.MakeUpdate($"fix{round}", "beta");
            List<ulong> slots = [.. Enumerable.Range(0, 5).Select(_ => world.AddActivation(spec, Inside(world, "beta")))];
            long id = world.ApplyWell(spec);
            Assert.That(world.Query(id).Stubs, Is.EqualTo(5u));
            slots.ForEach(slot => Assert.That(world.Return(slot), Is.EqualTo(Caller)));
            Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RolledBack));
        }
    }

    [Test]
    public void MovedCallerIsReachedThroughTheStub()
    {
        // A thread in beta, called by alpha: beta's stub stands where alpha's context is. Then alpha is replaced, and the context must move.
        var world = new TestWorld();
        ulong inAlpha = world.Guest.Function("alpha").Address + 4;
        UpdateSpec beta = world.MakeUpdate("b", "beta");
        ulong slot = world.AddActivation(beta, Inside(world, "beta"), returnAddress: inAlpha);
        world.ApplyWell(beta);
        UpdateSpec alpha = world.MakeUpdate("a", "alpha");
        alpha.Contexts.Add(TestWorld.ContextAt(slot, inAlpha, 0, ContextKind.ReturnAddress));

        long id = world.ApplyWell(alpha);

        Assert.That(world.Guest.Read64(slot), Is.EqualTo(TestWorld.Stubs), "the slot keeps its stub");
        alpha.Contexts.Add(TestWorld.ContextAt(slot, alpha.Descriptor.RelocationArea + 4, 0, ContextKind.ReturnAddress));
        Assert.That(world.Call(Hypercall.ReturnAddress, TestWorld.Stubs), Is.EqualTo(unchecked((long)(alpha.Descriptor.RelocationArea + 4))));
        Assert.That(world.RollBack(alpha, id), Is.EqualTo((long)UpdateState.RolledBack), () => world.Journal.Records[^1].Detail);
        Assert.That(world.Return(slot), Is.EqualTo(inAlpha));
    }

    [Test]
    public void CallerAndCalleeOfOneUpdateShareASlot()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha", "beta");
        ulong inAlpha = world.Guest.Function("alpha").Address + 4;
        ulong slot = world.AddActivation(spec, Inside(world, "beta"), function: 1, returnAddress: inAlpha);
        spec.Contexts.Add(TestWorld.ContextAt(slot, inAlpha, 0, ContextKind.ReturnAddress));
        world.ApplyWell(spec);

        Assert.That(world.Return(slot), Is.EqualTo(spec.Descriptor.RelocationArea + 4), "the caller was moved onto the copy");
    }

    [Test]
    public void DebuggerSeesTrueReturnAddresses()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        world.ApplyWell(spec);
        ulong start = slot - 3;
        byte[] seen = world.Guest.Read(start, 16);

        world.Server.TrueBytes(start, seen);

        Assert.That(BitConverter.ToUInt64(seen, 3), Is.EqualTo(Caller));
        byte[] part = world.Guest.Read(slot + 5, 2);
        world.Server.TrueBytes(slot + 5, part);
        Assert.That(part, Is.EqualTo(BitConverter.GetBytes(Caller)[5..7]));
        Assert.That(world.Server.TrueReturnAddress(TestWorld.Stubs), Is.EqualTo(Caller));
        Assert.That(world.Server.TrueReturnAddress(TestWorld.Stubs + 1), Is.EqualTo(TestWorld.Stubs + 1));
    }

    [Test]
    public void WhatADebuggerWritesOverAStubIsWhereItsOwnerReturnsTo()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        world.ApplyWell(spec);
        byte[] stub = world.Guest.Read(slot, 8);
        byte[] written = [1, 2, 3, .. BitConverter.GetBytes(Caller + 5), 4];

        world.Server.ReplaceTrueBytes(slot - 3, written);

        Assert.That(written, Is.EqualTo((byte[])[1, 2, 3, .. stub, 4]), "the stub stays");
        Assert.That(world.Server.TrueReturnAddress(TestWorld.Stubs), Is.EqualTo(Caller + 5));
        byte[] part = BitConverter.GetBytes(Caller + 7)[..1];
        world.Server.ReplaceTrueBytes(slot, part);
        Assert.That(part, Is.EqualTo(stub[..1].ToArray()));
        Assert.That(world.Return(slot), Is.EqualTo(Caller + 7));
    }

    [Test]
    public void WhatADebuggerWritesBesideAStubChangesNone()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        world.ApplyWell(spec);
        byte[] beside = [1, 2, 3];
        world.Server.ReplaceTrueBytes(slot - 3, beside);
        world.Server.ReplaceTrueBytes(slot + 8, beside);
        Assert.That(beside, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(world.Return(slot), Is.EqualTo(Caller));
    }

    [TestCase("WrongAddress")]
    [TestCase("NotMapped")]
    [TestCase("InCode")]
    [TestCase("InStubs")]
    [TestCase("Twice")]
    [TestCase("ItsOwnSlot")]
    public void ReturnSlotThatIsNoneIsRefused(string what)
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.AddActivation(spec, Inside(world, "alpha"));
        world.AddActivation(spec, Inside(world, "alpha"));
        ContextDescriptor context = spec.Contexts[1];
        spec.Contexts[1] = what switch
        {
            "WrongAddress" => context with { ReturnAddress = Caller + 1 },
            "NotMapped" => context with { ReturnSlot = 0xffffc900_7fff_0000 },
            "InCode" => context with { ReturnSlot = TestWorld.Text + 0x3f00, ReturnAddress = 0xcccccccccccccccc },
            "InStubs" => WithStubValue(world, context),
            "Twice" => context with { ReturnSlot = spec.Contexts[0].ReturnSlot },
            _ => context with { ReturnSlot = context.Slot, ReturnAddress = context.Rip },
        };
        byte[] heap = world.Guest.Read(TestWorld.Heap, 0x100);

        Assert.That(world.Apply(spec), Is.EqualTo((what == "NotMapped" ? Refusal.BadPointer : Refusal.BadArgument).ToResult()));

        Assert.That(world.Guest.Read(TestWorld.Heap, 0x100), Is.EqualTo(heap));
        spec.Contexts[1] = context;
        world.Guest.Poke(context.ReturnSlot, BitConverter.GetBytes(Caller));
        Assert.That(world.Apply(spec), Is.Positive, () => world.Journal.Records[^1].Detail);
    }

    [TestCase(0x41ul, Refusal.BadPointer)]
    [TestCase(TestWorld.Stubs + 1, Refusal.BadArgument)]
    [TestCase(TestWorld.Text, Refusal.BadArgument)]
    [TestCase(TestWorld.Heap, Refusal.BadArgument)]
    public void StubAreaThatIsNoneIsRefused(ulong start, Refusal refusal)
    {
        var world = new TestWorld(register: false);
        ManagerInfo info = world.Manager() with { StubArea = start, StubSize = 32 };

        Assert.That(world.Call(Hypercall.Register, world.Place(info)), Is.EqualTo(refusal.ToResult()));
        Assert.That(world.Server.IsManagerRegistered, Is.False);
        Assert.That(world.Register(), Is.Zero);
        Assert.That(world.Guest.Stubs, Is.EqualTo((TestWorld.Stubs, TestWorld.StubCount)));
    }

    [Test]
    public void AreaCannotChangeWhileStubsAreOut()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        world.ApplyWell(spec);
        ManagerInfo none = world.Manager() with { StubArea = 0, StubSize = 0 };

        Assert.That(world.Call(Hypercall.Register, world.Place(none)), Is.EqualTo(Refusal.WrongState.ToResult()));
        Assert.That(world.Register(), Is.Zero, "the same again is fine");
        world.Return(slot);
        Assert.That(world.Call(Hypercall.Register, world.Place(none)), Is.Zero);
    }

    [Test]
    public void WithoutStubsReportsTellAsBefore()
    {
        var world = new TestWorld(register: false);
        world.Call(Hypercall.Register, world.Place(world.Manager() with { StubArea = 0, StubSize = 0 }));
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddActivation(spec, Inside(world, "alpha"));
        long id = world.ApplyWell(spec);

        Assert.That(world.Guest.Read64(slot), Is.EqualTo(Caller));
        Assert.That(world.Report(id, newCode: false), Is.EqualTo((long)UpdateState.Finished));
    }

    private static ContextDescriptor WithStubValue(TestWorld world, ContextDescriptor context)
    {
        world.Guest.Poke(context.ReturnSlot, BitConverter.GetBytes(TestWorld.Stubs + 16));
        return context with { ReturnAddress = TestWorld.Stubs + 16 };
    }

    private static ulong Inside(TestWorld world, string function) => world.Guest.Function(function).Address + 8;
}
