using CsCheck;
using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>A guest that sends garbage gets refusals; nothing throws, nothing changes.</summary>
public sealed class HostileGuestTests
{
    private static readonly ulong[] s_edges =
        [0, 1, ulong.MaxValue, ulong.MaxValue - 7, GuestLayout.UserEnd, GuestLayout.DirectMapBase, TestWorld.Scratch];

    private static readonly Gen<ulong> s_pointer = Gen.OneOf(
        Gen.ULong,
        Gen.ULong[TestWorld.Scratch, TestWorld.Scratch + 0x40000],
        Gen.ULong[TestWorld.Text, TestWorld.Text + TestWorld.TextSize],
        Gen.ULong[GuestLayout.ModuleBase, GuestLayout.ModuleBase + 0x40000],
        Gen.Int[0, 6].Select(i => s_edges[i]));

    [Test]
    public void EveryHypercallWithGarbageIsRefusedOrHarmless()
    {
        var world = new TestWorld();
        Gen.Select(Gen.Int[0, 18], s_pointer, s_pointer, s_pointer, s_pointer).Sample(
            call =>
            {
                world.Guest.Poke(TestWorld.Scratch, new byte[0x1000]);
                byte[] before = world.Guest.Snapshot();
                (int number, ulong rbx, ulong rcx, ulong rsi, ulong rdi) = call;

                long answer = world.Call((Hypercall)number, rbx, rcx, rsi, rdi);

                Assert.That(answer, Is.Not.EqualTo(Refusal.Internal.ToResult()), () => world.Journal.Records[^1].Detail);
                if (answer < 0)
                {
                    Assert.That(world.Guest.Is(before), Is.True);
                }
            },
            iter: 3000,
            threads: 1);
        Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0"));
    }

    [Test]
    public void DescriptorsWithRandomBytesAreRefusedOrLeaveAKernelThatCanBeRestored()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 600], Gen.Byte).Array[1, 6].Sample(
            damage =>
            {
                var world = new TestWorld();
                UpdateSpec spec = world.MakeUpdate("fix", "alpha", "tiny");
                world.AddContext(spec, spec.Functions[0].OldAddress + 1);
                ulong descriptor = world.Send(spec);
                foreach ((int where, int offset, byte value) in damage)
                {
                    ulong start = where switch { 0 => descriptor, 1 => TestWorld.Scratch + 0x1000, _ => TestWorld.Scratch + 0x20000 };
                    int size = where switch { 0 => WireCodec.SizeOf<UpdateDescriptor>(), 1 => 2 * WireCodec.SizeOf<FunctionDescriptor>(), _ => WireCodec.SizeOf<ContextDescriptor>() };
                    world.Guest.Poke(start + (ulong)(offset % size), [value]);
                }

                byte[] before = world.Guest.Snapshot();
                long answer = world.Call(Hypercall.Apply, descriptor);

                Assert.That(answer, Is.Not.EqualTo(Refusal.Internal.ToResult()), () => world.Journal.Records[^1].Detail);
                Assert.That(answer < 0, Is.EqualTo(world.Guest.Is(before)));
            },
            iter: 3000,
            threads: 1);
    }

    [Test]
    public void CallsFromRingThreeAreRefused([Values(1, 2, 3)] int ring)
    {
        var world = new TestWorld();
        ulong descriptor = world.Send(world.MakeUpdate("fix", "alpha"));

        Assert.That(world.Call(Hypercall.Apply, descriptor, cpl: ring), Is.EqualTo(Refusal.NotPrivileged.ToResult()));
        Assert.That(world.Call(Hypercall.Apply, descriptor, cpl: 0), Is.Positive);
    }

    [Test]
    public void UnknownNumberIsRefused()
    {
        var world = new TestWorld();

        Assert.That(world.Call((Hypercall)17), Is.EqualTo(Refusal.UnknownHypercall.ToResult()));
        Assert.That(world.Server.Handle(new HypercallArguments(1UL << 32, 1, 0, 0, 0, 0)), Is.EqualTo(Refusal.UnknownHypercall.ToResult()));
        Assert.That(world.Call(Hypercall.Version, AbiVersion.Current), Is.EqualTo(AbiVersion.Current));
    }

    [Test]
    public void NothingWorksBeforeTheManagerHasRegistered()
    {
        var world = new TestWorld(register: false);
        foreach (Hypercall number in Enum.GetValues<Hypercall>().Where(number => number > Hypercall.Register))
        {
            Assert.That(world.Call(number, TestWorld.Scratch), Is.EqualTo(Refusal.NotRegistered.ToResult()), number.ToString());
        }

        Assert.That(world.Server.IsManagerRegistered, Is.False);
        Assert.That(world.Register(), Is.Zero);
        Assert.That(world.Call(Hypercall.DoorbellFetch, TestWorld.Scratch), Is.Zero);
    }

    [Test]
    public void ManagerOfAnotherKernelOrAbiIsRefused()
    {
        var world = new TestWorld(register: false);
        ManagerInfo other = world.Manager();
        other.BuildId[19] ^= 1;
        ManagerInfo beyond = world.Manager() with { KernelTextEnd = ulong.MaxValue };

        Assert.That(world.Call(Hypercall.Version, AbiVersion.Current + 1), Is.EqualTo(Refusal.AbiMismatch.ToResult()));
        Assert.That(world.Call(Hypercall.Register, world.Place(other)), Is.EqualTo(Refusal.BuildIdMismatch.ToResult()));
        Assert.That(world.Call(Hypercall.Register, world.Place(beyond)), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(world.Call(Hypercall.Register, world.Place(world.Manager()) + 4), Is.EqualTo(Refusal.BadPointer.ToResult()));
        Assert.That(world.Register(), Is.Zero);
    }

    [Test]
    public void HammeringDoesNotFloodTheJournal()
    {
        var world = new TestWorld();
        for (int i = 0; i < 5000; i++)
        {
            world.Call(Hypercall.Apply, 8);
        }

        Assert.That(world.Journal.Records, Has.Count.LessThan(300));
        Assert.That(world.Apply(world.MakeUpdate("fix", "alpha")), Is.Positive);
        Assert.That(world.Journal.Records[^1].Event, Is.EqualTo("finished"));
    }
}
