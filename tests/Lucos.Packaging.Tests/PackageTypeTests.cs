using Lucos.Abi;

namespace Lucos.Packaging.Tests;

/// <summary>What authors may declare about data, and each mistake beside it.</summary>
public sealed class PackageTypeTests
{
    private const string Pipes = "LUCOS_TYPE_CACHE(pipes, \"pipe\", struct pipe, struct wide_pipe, widen, narrow); ";

    [Test]
    public void TypesReadBackAsTheyWereDeclared()
    {
        var package = Build(Toolchain.DataObject);
        var (pipes, stamps, hits, entries) = (package.Types[0], package.Types[1], package.Types[2], package.Types[3]);
        Assert.Multiple(() =>
        {
            Assert.That(package.Types.Select(t => t.Name), Is.EqualTo(new[] { "pipes", "stamps", "hit_counts", "entries" }));
            Assert.That((pipes.Source, pipes.Cache, pipes.Placement, pipes.Interception, pipes.Transfer),
                Is.EqualTo((InstanceSource.Cache, "pipe", Placement.Twin, Interception.Service, TransferPoint.OnUnlock)));
            Assert.That((pipes.OldSize, pipes.NewSize, pipes.ExtraSize, pipes.SharedHead), Is.EqualTo((16u, 16u, 32u, 8u)));
            Assert.That((pipes.LockOffset, pipes.LockSize, pipes.Lock), Is.EqualTo(((uint?)0, 4u, (DataPlace?)null)));
            Assert.That((pipes.ToNew.Name, pipes.ToOld!.Name), Is.EqualTo(("widen", "narrow")));
            Assert.That((pipes.Representable!.Name, pipes.Release!.Name, pipes.Moved!.Name), Is.EqualTo(("fits", "drop", "move")));
            Assert.That((stamps.Placement, stamps.ToOld, stamps.NewSize), Is.EqualTo((Placement.Shadow, (CodePlace?)null, 4u)));
            Assert.That((hits.Source, hits.Cache, hits.OldVariable!.Name, hits.NewVariable!.Name), Is.EqualTo((InstanceSource.Variable, "", "hits", "new_hits")));
            Assert.That((hits.OldSize, hits.NewSize, hits.LockOffset, hits.LockSize, hits.Lock!.Name), Is.EqualTo((16u, 32u, (uint?)null, 4u, "hits_lock")));
            Assert.That((hits.OldVariable.IsOfKernel, hits.NewVariable.IsOfKernel, hits.Lock.IsOfKernel), Is.EqualTo((true, false, true)));
            Assert.That((entries.Placement, entries.Interception, entries.Transfer), Is.EqualTo((Placement.InPlace, Interception.Step, TransferPoint.EachWrite)));
            Assert.That(package.Types.Select(t => t.State.Name), Is.EqualTo(new[] { "pipes_state", "stamps_state", "hit_counts_state", "entries_state" }));
        });
    }

    [Test]
    public void FieldsAndCallbacksReadBackAsTheyWereDeclared()
    {
        var package = Build(Toolchain.DataObject);
        Assert.That(package.Fields.Select(f => (f.Type.Name, f.Offset, f.Size)), Is.EqualTo(new[] { ("pipes", 8u, 4u), ("pipes", 12u, 4u), ("hit_counts", 0u, 16u) }));
        Assert.That(package.Callbacks.Select(c => (c.Kind, c.Subject, c.Function.Name)), Is.EquivalentTo(new[]
        {
            (CallbackKind.FunctionLeft, "new_read", "thread_left"),
            (CallbackKind.ThreadsLeft, "new_read", "left"),
            (CallbackKind.DataLeft, "pipes", "left"),
            (CallbackKind.DataLeft, "hit_counts", "left"),
        }));
    }

    [TestCase("")]
    [TestCase(".old_size = 65536, .new_size = 65535, .extra_size = 1", TestName = "{m}(the largest)")]
    [TestCase(".shared_head = sizeof(struct pipe)")]
    [TestCase(".placement = LUCOS_PLACEMENT_IN_PLACE, .new_size = 12, .extra_size = 4", TestName = "{m}(in place, just fitting)")]
    [TestCase(".transfer = LUCOS_TRANSFER_LAZY, .interception = LUCOS_INTERCEPTION_SERVICE")]
    [TestCase(".transfer = LUCOS_TRANSFER_ONCE, .scratch_cache = \"thread\"")]
    [TestCase(".transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_FIELD(struct pipe, tail)", TestName = "{m}(the last word as lock)")]
    [TestCase(".transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_WORD(hits_lock)")]
    [TestCase(".transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_WORD(own_lock[1])")]
    [TestCase(".transfer = LUCOS_TRANSFER_ON_UNLOCK, LUCOS_LOCK_WORD(own_lock)", TestName = "{m}(a lock of eight bytes)")]
    [TestCase(".moved = LUCOS_ADDRESS(move), .release = LUCOS_ADDRESS(drop), .representable = LUCOS_ADDRESS(fits)")]
    public void TypeOfACacheIsAccepted(string options) => Build(Toolchain.CompileDeclaring(OfCache(options)));

    [TestCase(".name = \"-pipes\"", "not of the form", Refusal.BadPackage, ".lucos.types[0]")]
    [TestCase(".name = \"a-name-that-fills-all-of-its-32b\"", "not of the form", Refusal.BadPackage, ".lucos.types[0]")]
    [TestCase(".source = 3", "source 3 is not known")]
    [TestCase(".placement = 0", "placement 0 is not known")]
    [TestCase(".interception = 4", "interception 4 is not known")]
    [TestCase(".transfer = 5", "transfer 5 is not known")]
    [TestCase(".transfer = LUCOS_TRANSFER_LAZY", "inside the instruction that reads")]
    [TestCase(".transfer = LUCOS_TRANSFER_LAZY, .interception = LUCOS_INTERCEPTION_EMULATE", "inside the instruction that reads")]
    [TestCase(".scratch_cache = \"thread\"", "only what is transferred once may have one")]
    [TestCase(".old_size = 0", "neither version may be empty")]
    [TestCase(".new_size = 0", "neither version may be empty")]
    [TestCase(".old_size = 65537", "at most 65536", Refusal.TooLarge)]
    [TestCase(".new_size = 65536, .extra_size = 1", "at most 65536", Refusal.TooLarge)]
    [TestCase(".extra_size = 0xffffffff", "at most 65536", Refusal.TooLarge)]
    [TestCase(".shared_head = sizeof(struct pipe) + 1", "shared head of 17 bytes")]
    [TestCase(".cache = \"\"", "name of its cache")]
    [TestCase(".cache = \"two words\"", "name of its cache")]
    [TestCase(".old_variable = LUCOS_ADDRESS(hits)", "leave one of the two")]
    [TestCase(".new_variable = LUCOS_ADDRESS(new_hits)", "leave one of the two")]
    [TestCase(".placement = LUCOS_PLACEMENT_IN_PLACE, .extra_size = 1", "do not fit the old version of 16 in place")]
    [TestCase(".placement = LUCOS_PLACEMENT_IN_PLACE, .moved = LUCOS_ADDRESS(move)", "can be moved")]
    [TestCase(".placement = LUCOS_PLACEMENT_SHADOW", "leave ToOld out")]
    [TestCase(".transfer = LUCOS_TRANSFER_ON_UNLOCK", "write LUCOS_LOCK_FIELD")]
    [TestCase(".lock_size = 4", "no place")]
    [TestCase(".lock_offset = 0, .lock_size = 2", "has 4 or 8")]
    [TestCase(".lock_offset = 4, .lock_size = 8", "not aligned or leaves")]
    [TestCase(".lock_offset = 16, .lock_size = 4", "not aligned or leaves")]
    [TestCase(".lock_offset = 0xfffffffc, .lock_size = 4", "not aligned or leaves")]
    [TestCase("LUCOS_LOCK_WORD(hits_lock), .lock_offset = 0", "both in the instance and elsewhere")]
    [TestCase("LUCOS_LOCK_WORD(constant)", "its lock is no aligned variable")]
    [TestCase(".lock = LUCOS_ADDRESS(left), .lock_size = 4", "its lock is no aligned variable")]
    [TestCase(".lock = LUCOS_ADDRESS(own_lock) + 2, .lock_size = 4", "its lock is no aligned variable")]
    [TestCase(".lock = LUCOS_ADDRESS(own_lock[2]), .lock_size = 4", "its lock is no aligned variable")]
    [TestCase(".to_new = 0", "no transfer to the new version")]
    [TestCase(".to_old = 0", "no transfer to the old version")]
    [TestCase(".to_new = LUCOS_ADDRESS(sys_write)", "ToNew is not code")]
    [TestCase(".to_old = LUCOS_ADDRESS(own_lock)", "ToOld is not code")]
    [TestCase(".representable = LUCOS_ADDRESS(hits)", "Representable is not code")]
    [TestCase(".release = LUCOS_ADDRESS(constant)", "Release is not code")]
    [TestCase(".moved = LUCOS_ADDRESS(sys_write)", "Moved is not code")]
    [TestCase(".moved = 0x1234", "Moved is a fixed number")]
    [TestCase(".state = 0", "its state is no variable")]
    [TestCase(".state = LUCOS_ADDRESS(constant)", "its state is no variable")]
    [TestCase(".state = LUCOS_ADDRESS(counter)", "its state is no variable")]
    [TestCase(".state = LUCOS_ADDRESS(own_lock) + 5", "its state is no variable")]
    [TestCase(".state = LUCOS_ADDRESS(left)", "its state is no variable")]
    public void TypeOfACacheIsRefused(string options, string because, Refusal refusal = Refusal.BadPackage, string where = "type pipes") =>
        AssertRefused(OfCache(options), refusal, where, because);

    [TestCase(".transfer = LUCOS_TRANSFER_ONCE", ".transfer = LUCOS_TRANSFER_ONCE")]
    [TestCase("", "")]
    public void TypesThatAreTransferredAlikeAreAccepted(string first, string second) => Build(Toolchain.CompileDeclaring(Two(first, second)));

    [TestCase(".transfer = LUCOS_TRANSFER_ONCE", "", "it is kept coherent, and pipes is transferred once; make two updates of them")]
    [TestCase("", ".transfer = LUCOS_TRANSFER_ONCE", "it is transferred once, and pipes is kept coherent; make two updates of them")]
    public void ATypeThatIsTransferredOnceBesideOneThatIsKeptCoherentIsRefused(string first, string second, string because) =>
        AssertRefused(Two(first, second), Refusal.BadPackage, "type words", because);

    [Test]
    public void AShadowMayComeAlongWithATypeThatIsTransferredOnce() => Build(Toolchain.CompileDeclaring(
        "LUCOS_TYPE_VARIABLE(words, hits, new_hits, widen_hits, narrow_hits, .transfer = LUCOS_TRANSFER_ONCE);\n"
        + "LUCOS_TYPE_SHADOW(stamps, \"pipe\", struct pipe, struct stamp, stamp)"));

    [TestCase("struct stamp, stamp")]
    [TestCase("struct wide_pipe, widen, .extra_size = 8, .release = LUCOS_ADDRESS(drop)")]
    public void ShadowIsAccepted(string rest) => Build(Toolchain.CompileDeclaring($"LUCOS_TYPE_SHADOW(stamps, \"pipe\", struct pipe, {rest})"));

    [TestCase("LUCOS_LOCK_FIELD(struct pipe, lock)", "leave the lock out")]
    [TestCase("LUCOS_LOCK_WORD(hits_lock)", "leave the lock out")]
    [TestCase(".to_old = LUCOS_ADDRESS(narrow)", "leave ToOld out")]
    [TestCase(".moved = LUCOS_ADDRESS(move)", "can be moved")]
    [TestCase(".source = LUCOS_SOURCE_VARIABLE, .cache = \"\"", "the new version of a variable is a twin")]
    public void ShadowIsRefused(string options, string because) =>
        AssertRefused($"LUCOS_TYPE_SHADOW(stamps, \"pipe\", struct pipe, struct stamp, stamp, {options})", Refusal.BadPackage, "type stamps", because);

    [TestCase("hits, new_hits, widen_hits, narrow_hits")]
    [TestCase("hits[3], new_hits[3], widen_hits, narrow_hits")]
    [TestCase("kept, new_hits, widen_hits, narrow_hits")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, LUCOS_LOCK_WORD(kept[3])")]
    public void TypeOfAVariableIsAccepted(string arguments) => Build(Toolchain.CompileDeclaring($"LUCOS_TYPE_VARIABLE(words, {arguments})"));

    [TestCase("own_lock, new_hits, widen_hits, narrow_hits", "no variable of the kernel")]
    [TestCase("hits, constant, widen_hits, narrow_hits", "in a writable section of the package")]
    [TestCase("hits, kept, widen_hits, narrow_hits", "in a writable section of the package")]
    [TestCase("hits, new_hits[3], widen_hits, narrow_hits, .extra_size = 1", "no variable of 9 bytes")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .new_variable = 0", "in a writable section of the package")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .cache = \"pipe\"", "leave one of the two")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .placement = LUCOS_PLACEMENT_IN_PLACE", "is a twin")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .moved = LUCOS_ADDRESS(move)", "can be moved")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .old_size = 17", "the kernel's hits is a Data of 16")]
    [TestCase("hits[3], new_hits, widen_hits, narrow_hits, .old_size = 5", "5 bytes at hits+0xc")]
    [TestCase("hits[4], new_hits, widen_hits, narrow_hits", "4 bytes at hits+0x10")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .old_variable = LUCOS_ADDRESS(hits) - 4", "16 bytes at hits+0xfffffffffffffffc")]
    [TestCase("sys_write, new_hits, widen_hits, narrow_hits", "is a Function of")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, LUCOS_LOCK_WORD(kept[4])", "4 bytes at kept.in.main.c+0x10")]
    [TestCase("hits, new_hits, widen_hits, narrow_hits, .lock = LUCOS_ADDRESS(hits_lock), .lock_size = 8", "8 bytes at hits_lock")]
    public void TypeOfAVariableIsRefused(string arguments, string because) =>
        AssertRefused($"LUCOS_TYPE_VARIABLE(words, {arguments})", Refusal.BadPackage, "type words", because);

    [Test]
    public void VariableThatTheKernelLacksIsRefused() => AssertRefused(
        "extern unsigned int misses[4]; LUCOS_TYPE_VARIABLE(words, misses, new_hits, widen_hits, narrow_hits)", Refusal.MissingSymbol, "misses", "no such symbol");

    [Test]
    public void SecondTypeOfACacheIsRefused() => AssertRefused(
        OfCache("") + "; LUCOS_TYPE_SHADOW(stamps, \"pipe\", struct pipe, struct stamp, stamp)", Refusal.BadPackage, "type stamps", "beside pipes");

    [Test]
    public void SecondTypeOfANameIsRefused() => AssertRefused(
        OfCache("") + "; LUCOS_TYPE_SHADOW(stamps, \"inode\", struct pipe, struct stamp, stamp, .name = \"pipes\")", Refusal.BadPackage, "type pipes", "a second type of this name");

    [Test]
    public void TooManyTypesAreRefused() => AssertRefused(
        string.Join("; ", Enumerable.Range(0, 33).Select(i => $"LUCOS_TYPE_SHADOW(stamps{i}, \"cache-{i}\", struct pipe, struct stamp, stamp)")),
        Refusal.TooLarge, PackageFormat.SectionTypes, "33 entries, at most 32");

    [Test]
    public void AsManyTypesAsThereMayBeAreAccepted() => Assert.That(
        Build(Toolchain.CompileDeclaring(string.Join("; ", Enumerable.Range(0, 32).Select(i => $"LUCOS_TYPE_SHADOW(stamps{i}, \"cache-{i}\", struct pipe, struct stamp, stamp)")))).Types,
        Has.Count.EqualTo(32));

    [TestCase("widen, narrow_hits")]
    [TestCase("widen_hits, narrow")]
    public void TransferThatTakesTheTypesOrAnythingCompiles(string transfers) =>
        Build(Toolchain.CompileDeclaring($"LUCOS_TYPE_CACHE(pipes, \"pipe\", struct pipe, struct wide_pipe, {transfers})"));

    [TestCase("narrow, narrow", "narrow is not void (const struct pipe *, struct wide_pipe *)")]
    [TestCase("widen, widen", "widen is not void (const struct wide_pipe *, struct pipe *)")]
    [TestCase("widen, left", "left is not void (const struct wide_pipe *, struct pipe *)")]
    public void TransferOfOtherTypesDoesNotCompile(string transfers, string because) => Assert.That(
        () => Toolchain.CompileDeclaring($"LUCOS_TYPE_CACHE(pipes, \"pipe\", struct pipe, struct wide_pipe, {transfers})"),
        Throws.InvalidOperationException.With.Message.Contains(because));

    [Test]
    public void NameOfMoreThan31CharactersDoesNotCompile() => Assert.That(
        () => Toolchain.CompileDeclaring("LUCOS_TYPE_SHADOW(a_name_of_exactly_32_characters_, \"pipe\", struct pipe, struct stamp, stamp)"),
        Throws.InvalidOperationException.With.Message.Contains("more than 31 characters"));

    [TestCase("LUCOS_PRESERVES(pipes, struct pipe, tail)")]
    [TestCase("LUCOS_PRESERVES_BYTES(pipes, 0, sizeof(struct pipe))")]
    public void PreservedFieldIsAccepted(string declaration) => Build(Toolchain.CompileDeclaring(Pipes + declaration));

    [TestCase("LUCOS_PRESERVES_BYTES(pipes, 0, 0)", "leave the old version")]
    [TestCase("LUCOS_PRESERVES_BYTES(pipes, 13, 4)", "4 bytes at 13 leave the old version of pipes, of 16")]
    [TestCase("LUCOS_PRESERVES_BYTES(pipes, 0xffffffff, 2)", "leave the old version")]
    [TestCase("LUCOS_PRESERVES(own_lock, struct pipe, head)", "its type is not one of the package")]
    [TestCase("LUCOS_PRESERVES(pipes.old_size, struct pipe, head)", "its type is not one of the package")]
    [TestCase("LUCOS_PRESERVES(hits, struct pipe, head)", "its type is not one of the package")]
    [TestCase("LUCOS_TYPE_SHADOW(stamps, \"inode\", struct pipe, struct stamp, stamp); LUCOS_PRESERVES(stamps, struct pipe, head)", "stamps is a shadow")]
    public void PreservedFieldIsRefused(string declaration, string because) =>
        AssertRefused(Pipes + declaration, Refusal.BadPackage, ".lucos.fields[0]", because);

    [TestCase("")]
    [TestCase("LUCOS_HANDLES(new_read, pipes)")]
    [TestCase("LUCOS_HANDLES(new_read, pipes); LUCOS_HANDLES(new_read, pipes)")]
    public void FunctionHandlesTheOnlyType(string declaration)
    {
        var package = Build(Toolchain.CompileDeclaring(Pipes + declaration));

        Assert.That(package.TypesOf(package.Functions[0]).Select(type => type.Name), Is.EqualTo(new[] { "pipes" }));
    }

    [Test]
    public void OfSeveralTypesThoseAreHandledThatAreSaid()
    {
        const string Write = "LUCOS_TYPE_SHADOW(stamps, \"inode\", struct pipe, struct stamp, stamp); static int new_write(int x) { return x + 11; } LUCOS_REPLACE(sys_write, new_write);";
        var package = Build(Toolchain.CompileDeclaring(Pipes + Write + "LUCOS_HANDLES(new_write, stamps); LUCOS_HANDLES(new_read, stamps); LUCOS_HANDLES(new_read, pipes);"));

        Assert.That(
            package.Functions.ToDictionary(f => f.OldName, f => string.Join(' ', package.TypesOf(f).Select(t => t.Name))),
            Is.EqualTo(new Dictionary<string, string> { ["sys_read"] = "pipes stamps", ["sys_write"] = "stamps" }));
    }

    [TestCase("LUCOS_HANDLES(left, pipes)", ".lucos.handlers[0]", "no new function of the package")]
    [TestCase("LUCOS_HANDLES(sys_write, pipes)", ".lucos.handlers[0]", "no new function of the package")]
    [TestCase("LUCOS_HANDLES(new_read, hits)", ".lucos.handlers[0]", "no type of the package")]
    [TestCase("LUCOS_HANDLES(new_read, pipes.to_new)", ".lucos.handlers[0]", "no type of the package")]
    [TestCase("LUCOS_HANDLES_(new_read, 7)", ".lucos.handlers[0]", "no type of the package")]
    [TestCase("LUCOS_HANDLES(new_read, pipes); LUCOS_HANDLES_NO_DATA(new_read)", ".lucos.handlers[1]", "said to handle no type, and to handle one")]
    [TestCase("LUCOS_HANDLES_NO_DATA(new_read)", "pipes", "no function of the package is said to handle it")]
    public void WhatIsSaidOfHandlersIsRefused(string declaration, string where, string because) =>
        AssertRefused(Pipes + declaration, Refusal.BadPackage, where, because);

    [TestCase("LUCOS_ON_FUNCTION_LEFT(new_read, thread_left); LUCOS_ON_THREADS_LEFT(new_read, left); LUCOS_ON_DATA_LEFT(pipes, left)")]
    [TestCase("LUCOS_STARTUP(fits); LUCOS_CLEANUP(left)")]
    public void CallbackIsAccepted(string declaration) => Build(Toolchain.CompileDeclaring(Pipes + declaration));

    [TestCase("LUCOS_ON_FUNCTION_LEFT(left, thread_left)", "no new function of the package")]
    [TestCase("LUCOS_ON_THREADS_LEFT(sys_write, left)", "no new function of the package")]
    [TestCase("LUCOS_ON_THREADS_LEFT(pipes, left)", "no new function of the package")]
    [TestCase("LUCOS_ON_DATA_LEFT(new_read, left)", "no type of the package")]
    [TestCase("LUCOS_ON_DATA_LEFT(pipes.to_new, left)", "no type of the package")]
    [TestCase("LUCOS_ON_DATA_LEFT(hits, left)", "no type of the package")]
    [TestCase("LUCOS_ON_DATA_LEFT(pipes, sys_write)", "not code in an executable section")]
    [TestCase("LUCOS_CALLBACK_(LUCOS_CALLBACK_DATA_LEFT, nothing, left)", "no type of the package")]
    [TestCase("LUCOS_CALLBACK_ABOUT_(LUCOS_CALLBACK_CLEANUP, pipes, left)", "names a subject")]
    [TestCase("LUCOS_CALLBACK_ABOUT_(6, pipes, left)", "kind 6 is not known")]
    public void CallbackIsRefused(string declaration, string because) =>
        AssertRefused(Pipes + declaration, Refusal.BadPackage, ".lucos.callbacks[0]", because);

    [TestCase("LUCOS_ON_DATA_LEFT(pipes, left); LUCOS_ON_DATA_LEFT(pipes, left)", "a second DataLeft callback of pipes")]
    [TestCase("LUCOS_ON_THREADS_LEFT(new_read, left); LUCOS_ON_THREADS_LEFT(new_read, left)", "a second ThreadsLeft callback of new_read")]
    public void SecondCallbackOfOneKindAndSubjectIsRefused(string declaration, string because) =>
        AssertRefused(Pipes + declaration, Refusal.BadPackage, ".lucos.callbacks[1]", because);

    private static string Two(string first, string second) =>
        $"{OfCache(first)};\nLUCOS_TYPE_VARIABLE(words, hits, new_hits, widen_hits, narrow_hits, {second})";

    private static string OfCache(string options) => $"LUCOS_TYPE_CACHE(pipes, \"pipe\", struct pipe, struct wide_pipe, widen, narrow, {options})";

    private static UpdatePackage Build(byte[] objectFile)
    {
        var diagnostics = new DiagnosticBag();
        var bytes = PackageBuilder.Build(objectFile, Toolchain.Kernel, diagnostics);
        Assert.That(diagnostics, Is.Empty);
        var package = PackageReader.Read(bytes!, diagnostics)!;
        Assert.That(PackageVerifier.Verify(package, Toolchain.Kernel, diagnostics), Is.True);
        return package;
    }

    private static void AssertRefused(string declarations, Refusal refusal, string where, string because)
    {
        var diagnostics = new DiagnosticBag();
        Assert.That(PackageBuilder.Build(Toolchain.CompileDeclaring(declarations), Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That((diagnostics.Refusal, diagnostics[0].Where), Is.EqualTo((refusal, where)), diagnostics[0].ToString());
        Assert.That(diagnostics[0].Detail, Does.Contain(because));
    }
}
