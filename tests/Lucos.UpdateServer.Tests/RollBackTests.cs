using CsCheck;
using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

public sealed class RollBackTests
{
    private static readonly string[] s_functions = ["alpha", "beta", "gamma", "tiny"];

    [Test]
    public void RollBackRestoresEveryOriginalByte()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", s_functions);
        world.Guest.Rips.Add(spec.Functions[0].OldAddress + 4);
        ulong descriptor = world.Send(spec);
        byte[] before = world.Guest.Snapshot();

        long id = world.Call(Hypercall.Apply, descriptor);
        Assert.That(world.Guest.Is(before), Is.False);
        world.Guest.Poke(descriptor + 8, BitConverter.GetBytes((uint)id));
        Assert.That(world.Call(Hypercall.Rollback, descriptor), Is.EqualTo((long)UpdateState.RolledBack));

        world.Guest.Poke(descriptor + 8, BitConverter.GetBytes(0u));
        Assert.That(world.Guest.Is(before), Is.True);
    }

    [Test]
    public void UpdateOfAnUpdatedFunctionStacks()
    {
        var world = new TestWorld();
        UpdateSpec a = world.MakeUpdate("a", "alpha");
        UpdateSpec b = world.MakeUpdate("b", "alpha", "beta");
        UpdateSpec c = world.MakeUpdate("c", "alpha");
        world.ApplyWell(a);
        world.ApplyWell(b);
        world.ApplyWell(c);

        ulong newest = c.Functions[0].NewAddress;
        foreach (ulong place in new[] { a.Functions[0].OldAddress, a.Functions[0].NewAddress, b.Functions[0].NewAddress })
        {
            Assert.That(world.JumpAt(place), Is.EqualTo(newest));
        }

        Assert.That(world.JumpAt(b.Functions[1].OldAddress), Is.EqualTo(b.Functions[1].NewAddress));
        Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0+a+b+c"));
        Assert.That(world.Server.Updates.Select(update => update.Depth), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void UndoOutOfOrderIsRefusedAndNamesWhatMustGoFirst()
    {
        var world = new TestWorld();
        UpdateSpec a = world.MakeUpdate("a", "alpha");
        UpdateSpec b = world.MakeUpdate("b", "alpha");
        UpdateSpec c = world.MakeUpdate("c", "alpha");
        UpdateSpec other = world.MakeUpdate("other", "beta");
        long[] ids = [world.ApplyWell(a), world.ApplyWell(b), world.ApplyWell(c), world.ApplyWell(other)];
        byte[] text = world.Guest.Read(TestWorld.Text, TestWorld.TextSize);

        Assert.That(world.RollBack(a, ids[0]), Is.EqualTo(Refusal.UndoOrder.ToResult()));

        Assert.That(world.Journal.Records[^1].Detail, Is.EqualTo("a: undo c, b first"));
        Assert.That(world.Guest.Read(TestWorld.Text, TestWorld.TextSize).AsSpan().SequenceEqual(text), Is.True);
        Assert.That(world.RollBack(c, ids[2]), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(world.JumpAt(a.Functions[0].OldAddress), Is.EqualTo(b.Functions[0].NewAddress));
        Assert.That(world.RollBack(b, ids[1]), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(world.RollBack(a, ids[0]), Is.EqualTo((long)UpdateState.RolledBack));
    }

    [Test]
    public void ContextInAnOlderReplacementIsOldCodeForTheNextOne()
    {
        var world = new TestWorld();
        UpdateSpec a = world.MakeUpdate("a", "alpha");
        UpdateSpec b = world.MakeUpdate("b", "alpha");
        world.ApplyWell(a);
        ulong slot = world.AddContext(b, a.Functions[0].NewAddress + 1);

        long id = world.ApplyWell(b);

        Assert.That(BitConverter.ToUInt64(world.Guest.Read(slot, 8)), Is.EqualTo(b.Descriptor.RelocationArea + 1));
        Assert.That(world.Server.Updates[1].State, Is.EqualTo(UpdateState.Draining));
        b.Contexts.Add(TestWorld.ContextAt(slot, b.Descriptor.RelocationArea + 1, 0, ContextKind.InterruptFrame));
        Assert.That(world.RollBack(b, id), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(BitConverter.ToUInt64(world.Guest.Read(slot, 8)), Is.EqualTo(a.Functions[0].NewAddress + 1));
    }

    [Test]
    public void ForeignBytesOverTheJumpAreRefused()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        long id = world.ApplyWell(spec);
        world.Guest.Poke(spec.Functions[0].OldAddress, [0xcc]);

        Assert.That(world.RollBack(spec, id), Is.EqualTo(Refusal.OldBytesMismatch.ToResult()));
        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Finished));
    }

    [TestCase(99, "fix", Refusal.NoSuchUpdate)]
    [TestCase(1, "other", Refusal.BadArgument)]
    public void RollBackOfWhatIsNotThereIsRefused(long id, string name, Refusal refusal)
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.ApplyWell(spec);
        spec.Descriptor.Name = Abi.Fields.Text64.From(name);

        Assert.That(world.RollBack(spec, id), Is.EqualTo(refusal.ToResult()));
    }

    /// <summary>
    /// Any sequence of applying and undoing: calls reach the newest update, illegal undos change nothing, and when all is undone
    /// every byte is as at boot.
    /// </summary>
    [Test]
    public void AnySequenceOfStackedUpdatesLeadsToTheNewestAndBack()
    {
        Gen.Select(Gen.Bool, Gen.Int[0, 7], Gen.Int[1, 15]).Array[1, 24].Sample(
            moves =>
            {
                var world = new TestWorld();
                byte[] booted = world.Guest.Read(TestWorld.Text, TestWorld.TextSize);
                var force = new List<(UpdateSpec Spec, long Id, string[] Functions, byte[] Module)>();
                int serial = 0;
                foreach ((bool apply, int pick, int mask) in moves)
                {
                    if ((apply || force.Count == 0) && serial < 20)
                    {
                        Push(world, force, $"u{serial++}", mask);
                    }
                    else if (force.Count > 0)
                    {
                        TryPull(world, force, pick % force.Count);
                    }

                    CheckCalls(world, force);
                }

                while (force.Count > 0)
                {
                    Assert.That(TryPull(world, force, force.Count - 1), Is.True);
                }

                Assert.That(world.Guest.Read(TestWorld.Text, TestWorld.TextSize).AsSpan().SequenceEqual(booted), Is.True);
                Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0"));
            },
            iter: 300,
            threads: 1);
    }

    private static void Push(TestWorld world, List<(UpdateSpec Spec, long Id, string[] Functions, byte[] Module)> force, string name, int mask)
    {
        string[] functions = [.. s_functions.Where((_, i) => (mask & (1 << i)) != 0)];
        UpdateSpec spec = world.MakeUpdate(name, functions);
        byte[] module = world.Guest.Read(spec.Descriptor.ModuleBase, TestWorld.ModuleStride);
        force.Add((spec, world.ApplyWell(spec), functions, module));
    }

    private static bool TryPull(TestWorld world, List<(UpdateSpec Spec, long Id, string[] Functions, byte[] Module)> force, int index)
    {
        (UpdateSpec spec, long id, string[] functions, byte[] module) = force[index];
        bool legal = !force.Skip(index + 1).Any(above => above.Functions.Intersect(functions).Any());
        byte[] text = world.Guest.Read(TestWorld.Text, TestWorld.TextSize);

        long answer = world.RollBack(spec, id);

        Assert.That(answer, Is.EqualTo(legal ? (long)UpdateState.RolledBack : Refusal.UndoOrder.ToResult()));
        if (legal)
        {
            Assert.That(world.Guest.Read(spec.Descriptor.ModuleBase, TestWorld.ModuleStride).AsSpan().SequenceEqual(module), Is.True);
            force.RemoveAt(index);
        }
        else
        {
            Assert.That(world.Guest.Read(TestWorld.Text, TestWorld.TextSize).AsSpan().SequenceEqual(text), Is.True);
        }

        return legal;
    }

    private static void CheckCalls(TestWorld world, List<(UpdateSpec Spec, long Id, string[] Functions, byte[] Module)> force)
    {
        foreach (string function in s_functions)
        {
            List<ulong> versions = [.. force
                .Where(update => update.Functions.Contains(function))
                .Select(update => update.Spec.Functions[Array.IndexOf(update.Functions, function)].NewAddress)];
            ulong? newest = versions.Count == 0 ? null : versions[^1];
            Assert.That(world.JumpAt(world.Guest.Function(function).Address), Is.EqualTo(newest), function);
            foreach (ulong older in versions.SkipLast(1))
            {
                Assert.That(world.JumpAt(older), Is.EqualTo(newest), function);
            }
        }
    }
}
