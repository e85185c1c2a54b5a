using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Tests.World;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Tests;

public sealed class ApplyTests
{
    [Test]
    public void JumpLeadsFromOldEntryToNewFunctionAndNothingElseChanges()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong descriptor = world.Send(spec);
        byte[] before = world.Guest.Snapshot();

        long id = world.Call(Hypercall.Apply, descriptor);

        ulong entry = world.Guest.Function("alpha").Address;
        Assert.That(id, Is.EqualTo(1));
        Assert.That(world.JumpAt(entry), Is.EqualTo(spec.Functions[0].NewAddress));
        world.Guest.Poke(entry, before.AsSpan((int)(entry - TestWorld.Text), 5));
        Assert.That(world.Guest.Is(before), Is.True);
    }

    [Test]
    public void UpdateThatNobodyBlocksIsFinishedAtOnce()
    {
        var world = new TestWorld();

        world.ApplyWell(world.MakeUpdate("fix", "alpha", "beta"));

        UpdateInfo update = world.Server.Updates.Single();
        Assert.That(update.State, Is.EqualTo(UpdateState.Finished));
        Assert.That(update.Functions, Is.EqualTo(new[] { "alpha", "beta" }));
        Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0+fix"));
        Assert.That(update.ApplyPause.TotalMicroseconds, Is.Positive);
    }

    [Test]
    public void AnAddressInAnUpdatesCodeIsNamedByTheUpdateWhileItIsInMemory()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha", "beta");
        FunctionDescriptor beta = spec.Functions[1];
        Assert.That(world.Server.DescribeCode(beta.NewAddress + 3), Is.Null, "not there yet");

        world.ApplyWell(spec);

        Assert.That(world.Server.DescribeCode(beta.NewAddress + 3), Is.EqualTo("fix:beta+0x3"));
        Assert.That(world.Server.DescribeCode(spec.Descriptor.RelocationArea), Is.EqualTo("fix:+0x1000"), "elsewhere in its module");
        Assert.That(world.Server.DescribeCode(world.Guest.Function("beta").Address), Is.Null, "the kernel's own");
        Assert.That(world.Server.DescribeCode(spec.Descriptor.ModuleBase + spec.Descriptor.ModuleSize), Is.Null, "behind its module");
    }

    [Test]
    public void UpdateWithActivationsDrainsUntilTheManagerReportsNone()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong rip = world.Guest.Function("alpha").Address + 8;
        ulong slot = world.AddContext(spec, rip, kind: ContextKind.ReturnAddress);
        ContextDescriptor context = spec.Contexts[0];

        long id = world.ApplyWell(spec);

        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Draining));
        Assert.That(world.Guest.Read(slot, 8), Is.EqualTo(BitConverter.GetBytes(rip)), "a context behind the jump stays where it is");
        world.Guest.Blocks = 2000;
        Assert.That(world.Report(id, newCode: false, context with { WaitingOn = Text32.From("pipe\aread") }), Is.EqualTo((long)UpdateState.Draining));
        Blocker blocker = world.Server.Updates.Single().Blockers.Single();
        Assert.That(
            blocker,
            Is.EqualTo(new Blocker(7, "worker", "alpha", 1, ContextKind.ReturnAddress, rip, SinceBlock: 1000, SinceNanoseconds: 10_000, "pipe?read")));
        Assert.That(world.Report(id, newCode: false), Is.EqualTo((long)UpdateState.Finished));
        Assert.That(world.Server.Updates.Single().Blockers, Is.Empty);
    }

    [Test]
    public void ShortFunctionWithPaddingIsUpdated()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "tiny");

        world.ApplyWell(spec);

        Assert.That(spec.Functions[0].OldSize, Is.LessThan(5));
        Assert.That(world.JumpAt(spec.Functions[0].OldAddress), Is.EqualTo(spec.Functions[0].NewAddress));
    }

    [Test]
    public void CodeIsWrittenThroughTheCodeWriterOnly()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha", "beta");

        world.ApplyWell(spec);

        Assert.That(world.Guest.CodeWrites, Is.EqualTo(spec.Functions.Select(function => function.OldAddress)));
    }

    [Test]
    public void QueryTellsWhatTheServerKnows()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.AddContext(spec, world.Guest.Function("alpha").Address + 8);
        long id = world.ApplyWell(spec);

        Assert.That(world.Call(Hypercall.Query, (ulong)id, TestWorld.Scratch), Is.Zero);

        Assert.That(WireCodec.ReadVersioned(world.Guest.Read(TestWorld.Scratch, WireCodec.SizeOf<UpdateStatus>()), out UpdateStatus status), Is.EqualTo(Refusal.None));
        Assert.That((status.UpdateId, (UpdateState)status.State, status.Activations, status.FunctionCount), Is.EqualTo((1u, UpdateState.Draining, 1u, 1u)));
        Assert.That(status.Name.ToString(), Is.EqualTo("fix"));
        Assert.That(status.Detail.ToString(), Is.EqualTo("thread 7 (worker) in alpha, frame 1"));
    }

    [Test]
    public void QueryOfZeroTellsTheLastRefusal()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        spec.Functions[0].OldHash[3] ^= 0x80;
        world.Apply(spec);

        Assert.That(world.Call(Hypercall.Query, 0, TestWorld.Scratch), Is.Zero);

        WireCodec.ReadVersioned(world.Guest.Read(TestWorld.Scratch, WireCodec.SizeOf<UpdateStatus>()), out UpdateStatus status);
        Assert.That((Refusal)status.Refusal, Is.EqualTo(Refusal.OldBytesMismatch));
        Assert.That(status.Detail.ToString(), Does.Contain("alpha"));
    }

    [Test]
    public void JournalTellsTheStoryInStableFields()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        long id = world.ApplyWell(spec);
        world.RollBack(spec, id);
        world.Call(Hypercall.Released, (ulong)id);

        Assert.That(world.Journal.Records.Select(record => record.Event), Is.EqualTo(new[] { "registered", "finished", "rolled-back", "released" }));
        Assert.That(world.Server.History, Is.EqualTo(world.Journal.Records));
        Assert.That(
            (world.Journal.Records[1] with { PauseMicroseconds = 12.34 }).ToJson(),
            Is.EqualTo("""{"sequence":2,"block":1000,"event":"finished","updateId":1,"name":"fix","version":"1.0","state":"finished","pauseMicroseconds":12.3}"""));
    }
}
