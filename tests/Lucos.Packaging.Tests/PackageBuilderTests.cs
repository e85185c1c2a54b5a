using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Tests;

public sealed class PackageBuilderTests
{
    [Test]
    public void BuiltPackageReadsBackAndFitsItsKernel()
    {
        var diagnostics = new DiagnosticBag();
        var bytes = PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, diagnostics);
        Assert.That(diagnostics, Is.Empty);
        var package = PackageReader.Read(bytes!, diagnostics)!;
        Assert.That(PackageVerifier.Verify(package, Toolchain.Kernel, diagnostics), Is.True);
        var function = package.Functions.Single();
        var old = Toolchain.Kernel.Symbols.FindOnly("sys_read")!;
        var body = new byte[old.Size];
        Assert.That(Toolchain.Kernel.TryRead(old.Value, body), Is.True);
        Assert.Multiple(() =>
        {
            Assert.That((package.Name, package.Version, package.Description), Is.EqualTo(("fix-read", "1.2", "Checks what sys_read is given")));
            Assert.That(package.BuildId.ToArray(), Is.EqualTo(Toolchain.Kernel.BuildId.ToArray()));
            Assert.That((function.OldName, function.OldFile, function.OldAddress), Is.EqualTo(("sys_read", "", old.Value)));
            Assert.That(function.OldBytes.ToArray(), Is.EqualTo(body));
            Assert.That((function.New.Name, (ulong)function.NewSize), Is.EqualTo(("new_read", function.New.Symbol!.Size)));
            Assert.That(package.Dependencies, Is.EquivalentTo(new[]
            {
                new PackagedDependency(DependencyKind.DependsOn, "base-fix", "1.0"),
                new PackagedDependency(DependencyKind.ConflictsWith, "other-fix", ""),
            }));
            Assert.That(package.Callbacks.ToDictionary(c => c.Kind, c => c.Function.Name),
                Is.EquivalentTo(new Dictionary<CallbackKind, string> { [CallbackKind.Startup] = "begin", [CallbackKind.Cleanup] = "end" }));
            Assert.That(package.Imports, Is.EquivalentTo(new[] { "counter", "twin.in.other.c" }));
        });
    }

    [Test]
    public void SameInputsGiveTheSameBytes()
    {
        var first = PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, []);
        var second = PackageBuilder.Build(Toolchain.UpdateObject, KernelImage.Parse(Toolchain.Kernel.File.Bytes.ToArray()), []);
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void StaticFunctionIsReplacedByNameAndFile()
    {
        var bytes = PackageBuilder.Build(Toolchain.CompileReplacing("LUCOS_REPLACE_IN(\"other.c\", twin, fresh)"), Toolchain.Kernel, []);
        var function = PackageReader.Read(bytes!, [])!.Functions.Single();
        Assert.That(function.QualifiedName, Is.EqualTo("twin.in.other.c"));
        Assert.That(function.OldAddress, Is.EqualTo(Toolchain.Kernel.Symbols.FindOnly("twin.in.other.c")!.Value));
    }

    [Test]
    public void PaddedShortFunctionIsLongEnough() =>
        Assert.That(PackageBuilder.Build(Toolchain.CompileReplacing("LUCOS_REPLACE(padded, fresh)"), Toolchain.Kernel, []), Is.Not.Null);

    [TestCase("tiny")]
    [TestCase("after")]
    public void FunctionWithoutRoomForTheJumpIsRefusedByName(string name) =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing($"LUCOS_REPLACE({name}, fresh)")), Is.EqualTo((Refusal.FunctionTooShort, name)));

    [Test]
    public void FunctionThatTheKernelLacksIsRefused() =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_raed, fresh)")), Is.EqualTo((Refusal.MissingSymbol, "sys_raed")));

    [Test]
    public void VariableIsRefusedAsAFunction() =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(counter, fresh)")), Is.EqualTo((Refusal.MissingSymbol, "counter")));

    [Test]
    public void AmbiguousFunctionIsRefusedWithItsCandidates()
    {
        var diagnostics = new DiagnosticBag();
        Assert.That(PackageBuilder.Build(Toolchain.CompileReplacing("LUCOS_REPLACE(twin, fresh)"), Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That(diagnostics.Refusal, Is.EqualTo(Refusal.AmbiguousSymbol));
        Assert.That(diagnostics[0].Detail, Does.Contain("twin.in.main.c").And.Contain("twin.in.other.c"));
        Assert.That(diagnostics[0].WhatToDo, Does.Contain("LUCOS_REPLACE_IN"));
    }

    [Test]
    public void FunctionOfAnotherFileIsRefusedAndTheRightFilesAreTold()
    {
        var diagnostics = new DiagnosticBag();
        Assert.That(PackageBuilder.Build(Toolchain.CompileReplacing("LUCOS_REPLACE_IN(\"third.c\", twin, fresh)"), Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That(diagnostics.Refusal, Is.EqualTo(Refusal.MissingSymbol));
        Assert.That(diagnostics[0].Detail, Does.Contain("twin.in.main.c"));
    }

    [Test]
    public void ImportThatTheKernelLacksIsRefused() =>
        Assert.That(
            BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh)", "extern int nowhere(int); int fresh(int x) { return nowhere(x) + 1; }")),
            Is.EqualTo((Refusal.MissingSymbol, "nowhere")));

    [Test]
    public void AmbiguousImportIsRefused() =>
        Assert.That(
            BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh)", "extern int twin(int); int fresh(int x) { return twin(x) + 1; }")),
            Is.EqualTo((Refusal.AmbiguousSymbol, "twin")));

    [Test]
    public void FunctionReplacedTwiceIsRefused() =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh);\nLUCOS_REPLACE(sys_read, fresh)")), Is.EqualTo((Refusal.DuplicateTarget, "sys_read")));

    [Test]
    public void ReplacementThatIsNoCodeIsRefused() =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh)", "int fresh = 3;")), Is.EqualTo((Refusal.BadPackage, "sys_read")));

    [Test]
    public void ReplacementInTheKernelItselfIsRefused() =>
        Assert.That(
            BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, sys_write)", "extern int sys_write(int);")), Is.EqualTo((Refusal.BadPackage, "sys_read")));

    [TestCase("fix read")]
    [TestCase("")]
    [TestCase("-fix")]
    [TestCase("../fix")]
    public void NameThatIsNotAllowedIsRefused(string name) =>
        Assert.That(BuildRefused(Toolchain.Compile(Toolchain.UpdateSource.Replace("fix-read", name, StringComparison.Ordinal))), Is.EqualTo((Refusal.BadPackage, ".lucos.manifest")));

    [Test]
    public void VersionOfTwoWordsIsRefused() =>
        Assert.That(BuildRefused(Toolchain.Compile(Toolchain.UpdateSource.Replace("1.2", "1 2", StringComparison.Ordinal))), Is.EqualTo((Refusal.BadPackage, ".lucos.manifest")));

    [Test]
    public void NameThatFillsItsFieldIsRefused() =>
        Assert.That(BuildRefused(Toolchain.Compile(Toolchain.UpdateSource.Replace("fix-read", new string('a', 64), StringComparison.Ordinal))), Is.EqualTo((Refusal.BadPackage, ".lucos.manifest")));

    [Test]
    public void ObjectWithoutManifestIsRefused() =>
        Assert.That(BuildRefused(Toolchain.Compile("int fresh(int x) { return x; }")), Is.EqualTo((Refusal.BadPackage, ".lucos.manifest")));

    [Test]
    public void ObjectThatReplacesNothingIsRefused() =>
        Assert.That(BuildRefused(Toolchain.CompileReplacing("")), Is.EqualTo((Refusal.BadPackage, ".lucos.funcs")));

    [Test]
    public void SecondStartupFunctionIsRefused() =>
        Assert.That(
            BuildRefused(Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh); LUCOS_STARTUP(fresh); LUCOS_CALLBACK_(LUCOS_CALLBACK_STARTUP, again, fresh)")), Is.EqualTo((Refusal.BadPackage, ".lucos.callbacks[1]")));

    [Test]
    public void FileThatIsNoObjectIsRefused()
    {
        Assert.That(BuildRefused("int main;"u8.ToArray()), Is.EqualTo((Refusal.BadPackage, "object")));
        Assert.That(BuildRefused(Toolchain.Kernel.File.Bytes.ToArray()), Is.EqualTo((Refusal.BadPackage, "package")));
    }

    [Test]
    public void PackageIsRefusedAsAnObject()
    {
        var package = PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, [])!;
        Assert.That(BuildRefused(package), Is.EqualTo((Refusal.BadPackage, ".lucos.manifest")));
    }

    [Test]
    public void ObjectWithUnknownRelocationsIsRefused()
    {
        var diagnostics = new DiagnosticBag();
        var code = "extern int counter; int fresh(int x) { return x + counter; }";
        var bytes = Toolchain.Compile($"#include <lucos_update.h>\nLUCOS_UPDATE(\"fix\", \"1\", \"test\");\n{code}\nLUCOS_REPLACE(sys_read, fresh);\n", "-fPIC", "-mcmodel=small");
        Assert.That(PackageBuilder.Build(bytes, Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That(diagnostics.Refusal, Is.EqualTo(Refusal.BadPackage));
        Assert.That(diagnostics[0].Detail, Does.Contain("compile with the kernel's flags"));
    }

    [Test]
    public void TooLargeObjectIsRefused()
    {
        var huge = Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh)", "char ballast[1 << 20] = { 1 };\nint fresh(int x) { return x + ballast[x]; }");
        Assert.That(BuildRefused(huge), Is.EqualTo((Refusal.TooLarge, "package")));
    }

    [Test]
    public void TooMuchZeroedMemoryIsRefused()
    {
        var huge = Toolchain.CompileReplacing("LUCOS_REPLACE(sys_read, fresh)", "char ballast[5 << 20];\nint fresh(int x) { return x + ballast[x]; }");
        Assert.That(BuildRefused(huge).Refusal, Is.EqualTo(Refusal.TooLarge));
    }

    [Test]
    public void AllMistakesAreToldAtOnce()
    {
        var diagnostics = new DiagnosticBag();
        var bytes = Toolchain.CompileReplacing("LUCOS_REPLACE(sys_raed, fresh);\nLUCOS_REPLACE(tiny, fresh);\nLUCOS_REPLACE(twin, fresh)");
        Assert.That(PackageBuilder.Build(bytes, Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That(diagnostics.Select(d => d.Refusal), Is.EquivalentTo(new[] { Refusal.MissingSymbol, Refusal.FunctionTooShort, Refusal.AmbiguousSymbol }));
    }

    private static (Refusal Refusal, string Where) BuildRefused(byte[] bytes)
    {
        var diagnostics = new DiagnosticBag();
        Assert.That(PackageBuilder.Build(bytes, Toolchain.Kernel, diagnostics), Is.Null);
        Assert.That(diagnostics, Has.All.Property(nameof(PackageDiagnostic.Refusal)).Not.EqualTo(Refusal.Internal));
        return (diagnostics.Refusal, diagnostics[0].Where);
    }
}
