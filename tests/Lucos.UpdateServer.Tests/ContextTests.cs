using Lucos.Abi;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

public sealed class ContextTests
{
    [Test]
    public void ContextInsideTheFirstFiveBytesMovesOntoTheCopy()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong entry = spec.Functions[0].OldAddress;
        ulong area = spec.Descriptor.RelocationArea;
        ulong afterPush = world.AddContext(spec, entry + 1);
        ulong afterMov = world.AddContext(spec, entry + 4, kind: ContextKind.SwitchedOut);
        ulong behind = world.AddContext(spec, entry + 5);

        world.ApplyWell(spec);

        Assert.That(world.Guest.Read(area, 5), Is.EqualTo(new byte[] { 0x55, 0x48, 0x89, 0xe5, 0x53 }), "push rbp; mov rbp,rsp; push rbx");
        Assert.That(world.JumpAt(area + 5), Is.EqualTo(entry + 5));
        Assert.That(Slot(world, afterPush), Is.EqualTo(area + 1));
        Assert.That(Slot(world, afterMov), Is.EqualTo(area + 4));
        Assert.That(Slot(world, behind), Is.EqualTo(entry + 5), "behind the jump nothing needs to move");
        Assert.That(world.Server.Updates.Single().MovedContexts, Is.EqualTo(2));
        Assert.That(world.Server.Updates.Single().Blockers.Select(blocker => blocker.Rip), Is.EqualTo(new[] { area + 1, area + 4, entry + 5 }));
    }

    [Test]
    public void CpuInsideTheFirstFiveBytesMovesAndBlocks()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.Guest.Rips.Add(spec.Functions[0].OldAddress + 4);

        world.ApplyWell(spec);

        Assert.That(world.Guest.Rips[1], Is.EqualTo(spec.Descriptor.RelocationArea + 4));
        Assert.That(world.Server.Updates.Single().Blockers.Single().ThreadName, Is.EqualTo("vCPU 1"));
    }

    [Test]
    public void CpuAtTheEntryItselfRunsTheNewVersion()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.Guest.Rips[0] = spec.Functions[0].OldAddress;

        world.ApplyWell(spec);

        Assert.That(world.Guest.Rips[0], Is.EqualTo(spec.Functions[0].OldAddress));
        Assert.That(world.Server.Updates.Single().State, Is.EqualTo(UpdateState.Finished));
    }

    [Test]
    public void RollBackMovesContextsOutOfTheCopyAndCleansIt()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong entry = spec.Functions[0].OldAddress;
        ulong area = spec.Descriptor.RelocationArea;
        ulong slot = world.AddContext(spec, entry + 4);
        byte[] before = world.Guest.Snapshot();
        long id = world.ApplyWell(spec);

        spec.Contexts.Add(TestWorld.ContextAt(slot, area + 4, 0, ContextKind.InterruptFrame));
        Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RolledBack), () => world.Journal.Records[^1].Detail);

        Assert.That(Slot(world, slot), Is.EqualTo(entry + 4));
        Assert.That(world.Guest.Read(area, 16), Is.EqualTo(new byte[16]));
        world.Guest.Poke(TestWorld.Scratch, new byte[0x30000]);
        Assert.That(world.Guest.Snapshot()[..TestWorld.TextSize], Is.EqualTo(before[..TestWorld.TextSize]));
    }

    [Test]
    public void ReturnAddressIntoTheCopyGoesBackBehindTheCall()
    {
        var world = new TestWorld();
        // push rbp; call beta; pop rbp; ret: the call is displaced, and a thread in beta returns into the copy.
        ulong beta = world.Guest.Function("beta").Address;
        ulong address = world.AddFunction("caller", [0x55]).Address;
        byte[] code = TestWorld.Assemble(address, a =>
        {
            a.push(Iced.Intel.AssemblerRegisters.rbp);
            a.call(beta);
            a.pop(Iced.Intel.AssemblerRegisters.rbp);
            a.ret();
        });
        world.Guest.Poke(address, code);
        world.Guest.Define(new Guest.KernelFunction("caller", address, (uint)code.Length, 16));
        UpdateSpec spec = world.MakeUpdate("fix", "caller");
        ulong area = spec.Descriptor.RelocationArea;
        ulong slot = world.AddContext(spec, address + 1);
        long id = world.ApplyWell(spec);

        // The thread runs the copied call: what it pushes is the address behind it, in the copy.
        ulong pushed = area + 6;
        Assert.That(world.JumpAt(pushed), Is.EqualTo(address + 6));
        world.Guest.Poke(slot, BitConverter.GetBytes(pushed));
        spec.Contexts.Add(TestWorld.ContextAt(slot, pushed, 0, ContextKind.ReturnAddress));
        Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RolledBack));

        Assert.That(Slot(world, slot), Is.EqualTo(address + 6));
    }

    [Test]
    public void ContextInsideACopiedInstructionKeepsTheUpdateFromRollingBack()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong slot = world.AddContext(spec, spec.Functions[0].OldAddress + 1);
        long id = world.ApplyWell(spec);
        ulong middle = spec.Descriptor.RelocationArea + 2;
        world.Guest.Poke(slot, BitConverter.GetBytes(middle));
        spec.Contexts.Add(TestWorld.ContextAt(slot, middle, 0, ContextKind.InterruptFrame));
        world.RollBack(spec, id);
        byte[] before = world.Guest.Snapshot();

        Assert.That(world.RollBack(spec, id), Is.EqualTo(Refusal.UnrelocatableContext.ToResult()));
        Assert.That(world.Guest.Is(before), Is.True);
    }

    [Test]
    public void LoopIntoTheOverwrittenBytesIsRefusedWhileSomebodyIsInIt()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "looping");
        world.AddContext(spec, spec.Functions[0].OldAddress + 5);

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.UnrelocatableContext.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.Contain("leads back"));

        spec.Contexts.Clear();
        Assert.That(world.Apply(spec), Is.Positive, "with nobody inside, nobody takes that branch any more");
    }

    [Test]
    public void BytesThatCannotBeDecodedAreRefusedOnlyIfSomebodyMustMove()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "junk");
        world.AddContext(spec, spec.Functions[0].OldAddress + 1);

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.UnrelocatableContext.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.Contain("decoded"));

        spec.Contexts.Clear();
        Assert.That(world.Apply(spec), Is.Positive);
    }

    [Test]
    public void RollBackWithThreadsInNewCodeWaitsForThem()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        long id = world.ApplyWell(spec);
        ulong rip = spec.Functions[0].NewAddress + 4;
        world.AddContext(spec, rip);
        ContextDescriptor inside = spec.Contexts[0];

        Assert.That(world.RollBack(spec, id), Is.EqualTo((long)UpdateState.RollingBack));
        Assert.That(world.JumpAt(spec.Functions[0].OldAddress), Is.Null);
        Assert.That(world.Server.EffectiveVersion, Is.EqualTo("0.1.0"));
        Assert.That(world.Call(Hypercall.Released, (ulong)id), Is.EqualTo(Refusal.WrongState.ToResult()));
        Assert.That(world.Report(id, newCode: true, inside), Is.EqualTo((long)UpdateState.RollingBack));
        Assert.That(world.Report(id, newCode: true), Is.EqualTo((long)UpdateState.RolledBack));
        Assert.That(world.Call(Hypercall.Released, (ulong)id), Is.Zero);
    }

    private static ulong Slot(TestWorld world, ulong slot) => BitConverter.ToUInt64(world.Guest.Read(slot, 8));
}
