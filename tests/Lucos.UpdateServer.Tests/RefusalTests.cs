using System.Security.Cryptography;
using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

/// <summary>Every way in which APPLY says no. The accepting sibling is the same update unspoilt: each test applies it afterwards.</summary>
public sealed class RefusalTests
{
    private static readonly ulong s_kernelTextEnd = TestWorld.Text + TestWorld.TextSize;

    private static IEnumerable<TestCaseData> Spoilers()
    {
        yield return Case("BadAbi", Refusal.AbiMismatch, "descriptor", (w, s) => { });
        yield return Case("UpdateIdSet", Refusal.BadArgument, "update id 3", (_, s) => s.Descriptor.UpdateId = 3);
        yield return Case("UnknownFlags", Refusal.BadArgument, "flags", (_, s) => s.Descriptor.Flags = 8);
        yield return Case("EmptyName", Refusal.BadArgument, "name", (_, s) => s.Descriptor.Name = Text64.From(""));
        yield return Case("NameWithBlank", Refusal.BadArgument, "name", (_, s) => s.Descriptor.Name = Text64.From("fix it"));
        yield return Case("NameWithoutEnd", Refusal.BadArgument, "name", (_, s) => ((Span<byte>)s.Descriptor.Name).Fill((byte)'a'));
        yield return Case("VersionWithEscape", Refusal.BadArgument, "version", (_, s) => s.Descriptor.Version = Text32.From("1\x1b[2J"));
        yield return Case("FunctionNameEmpty", Refusal.BadArgument, "function 0", (_, s) => s.Functions[0].Name = Text64.From(""));
        yield return Case("OtherKernel", Refusal.BuildIdMismatch, "is for kernel", (_, s) => s.Descriptor.BuildId[0] ^= 1);
        yield return Case("TooManyFunctions", Refusal.TooLarge, "functions: 501", (_, s) => s.Descriptor.FunctionCount = 501);
        yield return Case("AllFunctionsThereAre", Refusal.TooLarge, "functions", (_, s) => s.Descriptor.FunctionCount = uint.MaxValue);
        yield return Case("TooManyContexts", Refusal.TooLarge, "contexts", (_, s) => s.Descriptor.ContextCount = uint.MaxValue);
        yield return Case("FunctionsNotMapped", Refusal.BadPointer, "functions", (_, s) => s.Descriptor.Functions = 0xffffc900_7fff_0000);
        yield return Case("FunctionsInUserHalf", Refusal.BadPointer, "kernel half", (_, s) => s.Descriptor.Functions = 0x400000);
        yield return Case("FunctionsNotAligned", Refusal.BadPointer, "aligned", (_, s) => s.Descriptor.Functions = TestWorld.Scratch + 0x1001);
        yield return Case("FunctionsWrapAround", Refusal.BadPointer, "functions", (_, s) => s.Descriptor.Functions = ulong.MaxValue - 7);
        yield return Case("ContextsNotMapped", Refusal.BadPointer, "contexts", (w, s) =>
        {
            w.AddContext(s, InAlpha(w, 8));
            s.Descriptor.Contexts = 0xffff9000_0000_0000;
        });
        yield return Case("ModuleOutsideItsArea", Refusal.BadArgument, "module", (_, s) => s.Descriptor.ModuleBase = TestWorld.Heap);
        yield return Case("ModuleLongerThanItsArea", Refusal.BadArgument, "module", (_, s) => s.Descriptor.ModuleSize = GuestLayout.ModuleAreaSize + 1);
        yield return Case("ModuleWrapsAround", Refusal.BadArgument, "module", (_, s) => s.Descriptor.ModuleSize = ulong.MaxValue);
        yield return Case("ModuleOfAnother", Refusal.BadArgument, "overlaps", (w, s) =>
        {
            w.ApplyWell(w.MakeUpdate("other", "gamma"));
            s.Descriptor.ModuleBase += TestWorld.ModuleStride;
        });
        yield return Case("AreaOutsideModule", Refusal.BadArgument, "relocation area", (_, s) => s.Descriptor.RelocationArea += TestWorld.ModuleStride);
        yield return Case("AreaTooSmall", Refusal.BadArgument, "relocation area", (_, s) => s.Descriptor.RelocationSize = 63);
        yield return Case("AreaOverNewFunction", Refusal.BadArgument, "overlaps", (_, s) => s.Descriptor.RelocationArea = s.Functions[0].NewAddress);
        yield return Case("OldOutsideKernel", Refusal.BadArgument, "kernel's code", (_, s) => s.Functions[0].OldAddress = GuestLayout.ModuleBase);
        yield return Case("OldRunsOutOfKernel", Refusal.BadArgument, "kernel's code", (_, s) => s.Functions[0].OldAddress = s_kernelTextEnd - 4);
        yield return Case("OldSizeZero", Refusal.BadArgument, "kernel's code", (_, s) => s.Functions[0].OldSize = 0);
        yield return Case("OldSizeHuge", Refusal.TooLarge, "expected bytes", (_, s) => s.Functions[0].OldSize = uint.MaxValue);
        yield return Case("OldSizeOther", Refusal.BadArgument, "symbol table says", (_, s) => s.Functions[0].OldSize--);
        yield return Case("NoFunctionThere", Refusal.MissingSymbol, "alpha", (_, s) => s.Functions[0].OldAddress += 1);
        yield return Case("ExpectedBytesNotMapped", Refusal.BadPointer, "expected bytes", (_, s) => s.Functions[0].OldBytes = 0xffff9000_0000_0000);
        yield return Case("WrongHash", Refusal.OldBytesMismatch, "expected hash", (_, s) => s.Functions[0].OldHash[31] ^= 1);
        yield return Case("WrongExpectedBytes", Refusal.OldBytesMismatch, "alpha+0x3: expected ac", (w, s) =>
        {
            byte[] bytes = w.Guest.Read(s.Functions[0].OldBytes, (int)s.Functions[0].OldSize);
            bytes[3] = 0xac;
            w.Guest.Poke(s.Functions[0].OldBytes, bytes);
            s.Functions[0].OldHash = Bytes32.From(SHA256.HashData(bytes));
        });
        yield return Case("Twice", Refusal.DuplicateTarget, "alpha", (_, s) => s.Functions[1] = s.Functions[0] with { NewAddress = s.Functions[1].NewAddress });
        yield return Case("NewOutsideModule", Refusal.BadArgument, "replacement of alpha", (_, s) => s.Functions[0].NewAddress = s.Descriptor.ModuleBase - 16);
        yield return Case("NewRunsOutOfModule", Refusal.BadArgument, "replacement of alpha", (_, s) => s.Functions[0].NewSize = TestWorld.ModuleStride + 1);
        yield return Case("NewSizeZero", Refusal.BadArgument, "replacement of alpha", (_, s) => s.Functions[0].NewSize = 0);
        yield return Case("NewSharesBytes", Refusal.BadArgument, "overlaps", (_, s) => s.Functions[1].NewAddress = s.Functions[0].NewAddress + 1);
        yield return Case("NewTooShort", Refusal.FunctionTooShort, "replacement of alpha", (_, s) => s.Functions[0].NewSize = 1);
        yield return Case("ContextOfUnknownKind", Refusal.BadArgument, "kind 9", (w, s) => w.AddContext(s, InAlpha(w, 8), kind: (ContextKind)9));
        yield return Case("ContextOfUnknownFunction", Refusal.BadArgument, "function 2 of 2", (w, s) => w.AddContext(s, InAlpha(w, 8), function: 2));
        yield return Case("ContextElsewhere", Refusal.BadArgument, "not in beta", (w, s) => w.AddContext(s, InAlpha(w, 8), function: 1));
        yield return Case("StaleContext", Refusal.BadArgument, "slot", (w, s) => w.Guest.Poke(w.AddContext(s, InAlpha(w, 8)), [1, 2, 3]));
        yield return Case("SlotInCode", Refusal.BadArgument, "is code", (w, s) =>
        {
            ulong slot = s.Descriptor.ModuleBase + 0x1f00;
            w.Guest.Poke(slot, BitConverter.GetBytes(InAlpha(w, 8)));
            s.Contexts.Add(TestWorld.ContextAt(slot, InAlpha(w, 8), 0, ContextKind.SwitchedOut));
        });
        yield return Case("SlotNotMapped", Refusal.BadPointer, "slot", (w, s) => s.Contexts.Add(TestWorld.ContextAt(0xffff9000_0000_0000, InAlpha(w, 8), 0, ContextKind.SwitchedOut)));
        yield return Case("SlotTwice", Refusal.BadArgument, "twice", (w, s) =>
        {
            w.AddContext(s, InAlpha(w, 8));
            s.Contexts.Add(s.Contexts[0]);
        });
        yield return Case("CountsDoNotMatch", Refusal.BadArgument, "claimed", (_, s) =>
        {
            s.CountContexts = false;
            s.Functions[1].Activations = 1;
        });
        yield return Case("ContextInMiddleOfInstruction", Refusal.UnrelocatableContext, "middle of an instruction", (w, s) => w.AddContext(s, InAlpha(w, 2)));
        yield return Case("CpuInMiddleOfInstruction", Refusal.UnrelocatableContext, "vCPU 0", (w, _) => w.Guest.Rips[0] = InAlpha(w, 2));
        yield return Case("AreaFull", Refusal.UnrelocatableContext, "full", (w, s) =>
        {
            w.ApplyWell(w.MakeUpdate("below", "alpha"));
            s.Descriptor.RelocationSize = 128;
            w.AddContext(s, InAlpha(w, 1));
            w.AddContext(s, GuestLayout.ModuleBase + TestWorld.ModuleStride + 1);
            w.Guest.Rips[0] = w.Guest.Function("beta").Address + 1;
            w.Guest.Rips.Add(0);
        }, accepts: false);
    }

    [TestCaseSource(nameof(Spoilers))]
    public void SpoiltUpdateIsRefusedByNameAndChangesNothing(Refusal refusal, string detail, Action<TestWorld, UpdateSpec> spoil, bool accepts)
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha", "beta");
        world.Guest.Poke(spec.Functions[0].NewAddress + 1, [0x48, 0x89, 0xe5]);
        spoil(world, spec);
        ulong descriptor = world.Send(spec);
        if (refusal == Refusal.AbiMismatch)
        {
            world.Guest.Poke(descriptor + 4, BitConverter.GetBytes(AbiVersion.Current + 1));
        }

        byte[] before = world.Guest.Snapshot();
        string version = world.Server.EffectiveVersion;

        long answer = world.Call(Hypercall.Apply, descriptor);

        Assert.That(answer, Is.EqualTo(refusal.ToResult()), () => world.Journal.Records[^1].Detail);
        Assert.That(world.Guest.Is(before), Is.True);
        Assert.That(world.Server.EffectiveVersion, Is.EqualTo(version));
        Assert.That(world.Journal.Records[^1].Refusal, Is.EqualTo(refusal));
        Assert.That(world.Journal.Records[^1].Detail, Does.Contain(detail));
        if (accepts)
        {
            var sound = new TestWorld();
            sound.ApplyWell(sound.MakeUpdate("fix", "alpha", "beta"));
        }
    }

    [Test]
    public void ChangedKernelCodeIsRefusedWithWhatWasFound()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        world.Guest.Poke(spec.Functions[0].OldAddress + 5, [0x90, 0x90]);

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.OldBytesMismatch.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.Match("alpha\\+0x5: expected [0-9a-f]+, found 9090"));
    }

    [Test]
    public void FunctionShorterThanTheJumpIsRefusedByNameUnlessPadded()
    {
        var world = new TestWorld();

        Assert.That(world.Apply(world.MakeUpdate("no", "tight")), Is.EqualTo(Refusal.FunctionTooShort.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.StartWith("tight: 3 bytes"));
        Assert.That(world.Apply(world.MakeUpdate("yes", "tiny")), Is.Positive);
    }

    [Test]
    public void PaddingThatIsNoPaddingIsRefused()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "tiny");
        world.Guest.Poke(spec.Functions[0].OldAddress + 3, [0xf4]);

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.FunctionTooShort.ToResult()));
    }

    [TestCase(new byte[] { 0x66, 0x90 })]
    [TestCase(new byte[] { 0x0f, 0x1f, 0x00 })]
    [TestCase(new byte[] { 0x90, 0x66, 0x90 })]
    public void NopOfSeveralBytesIsNoPadding(byte[] nops)
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "tiny");
        world.Guest.Poke(spec.Functions[0].OldAddress + 3, nops);

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.FunctionTooShort.ToResult()));
    }

    [Test]
    public void Int3IsPadding()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "tiny");
        world.Guest.Poke(spec.Functions[0].OldAddress + 3, [0xcc, 0x90]);

        Assert.That(world.Apply(spec), Is.Positive);
    }

    [Test]
    public void NameInForceIsRefusedUntilItIsRolledBack()
    {
        var world = new TestWorld();
        UpdateSpec first = world.MakeUpdate("fix", "alpha");
        long id = world.ApplyWell(first);

        Assert.That(world.Apply(world.MakeUpdate("fix", "beta")), Is.EqualTo(Refusal.AlreadyApplied.ToResult()));

        world.AddContext(first, first.Functions[0].NewAddress + 4);
        world.RollBack(first, id);
        Assert.That(world.Apply(world.MakeUpdate("fix", "beta")), Is.EqualTo(Refusal.Busy.ToResult()));
        world.Report(id, newCode: true);
        Assert.That(world.Apply(world.MakeUpdate("fix", "beta")), Is.Positive);
    }

    [Test]
    public void ModuleMemoryMayBeUsedAgainOnlyAfterItWasReleased()
    {
        var world = new TestWorld();
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        long id = world.ApplyWell(spec);
        world.RollBack(spec, id);
        spec.Descriptor.UpdateId = 0;

        Assert.That(world.Apply(spec), Is.EqualTo(Refusal.BadArgument.ToResult()));
        Assert.That(world.Call(Hypercall.Released, (ulong)id), Is.Zero);
        Assert.That(world.Apply(spec), Is.Positive);
    }

    [Test]
    public void NewCodeOutOfReachIsRefused()
    {
        Assert.That(UpdateServer.Code.Trampoline.TryEncode(0x1000, 0x1005 + 0x7fffffffUL, out _), Is.True);
        Assert.That(UpdateServer.Code.Trampoline.TryEncode(0x1000, 0x1005 + 0x80000000UL, out _), Is.False);
        Assert.That(UpdateServer.Code.Trampoline.TryEncode(0xffffffff80000000, 0xffffffff80000005 - 0x80000000UL, out _), Is.True);
        Assert.That(UpdateServer.Code.Trampoline.TryEncode(0xffffffff80000000, 0xffffffff80000004 - 0x80000000UL, out _), Is.False);
    }

    private static ulong InAlpha(TestWorld world, ulong offset) => world.Guest.Function("alpha").Address + offset;

    private static TestCaseData Case(string name, Refusal refusal, string detail, Action<TestWorld, UpdateSpec> spoil, bool accepts = true) =>
        new TestCaseData(refusal, detail, spoil, accepts).SetName($"ApplyRefuses{name}");
}
