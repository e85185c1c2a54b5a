using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Tests;

public sealed class PackageVerifierTests
{
    private static readonly byte[] s_package = PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, [])!;

    [Test]
    public void PackageFitsTheKernelThatItWasBuiltFor() => Assert.That(Verify(s_package, Toolchain.Kernel), Is.Empty);

    [Test]
    public void KernelOfAnotherBuildIsRefused()
    {
        var diagnostics = Verify(s_package, Toolchain.OtherKernel);
        Assert.That(diagnostics.Select(d => d.Refusal), Is.EqualTo(new[] { Refusal.BuildIdMismatch }));
        Assert.That(diagnostics[0].Detail, Does.Contain(Convert.ToHexStringLower(Toolchain.OtherKernel.BuildId.Span)));
    }

    [Test]
    public void KernelWithOtherBytesIsRefusedWithTheFirstOneThatDiffers()
    {
        var old = Toolchain.Kernel.Symbols.FindOnly("sys_read")!;
        var bytes = Toolchain.Kernel.File.Bytes.ToArray();
        var segment = Toolchain.Kernel.SegmentAt(old.Value)!;
        bytes[(int)(segment.Offset + (old.Value - segment.VirtualAddress)) + 6] ^= 0xff;
        var diagnostics = Verify(s_package, KernelImage.Parse(bytes));
        Assert.That(diagnostics.Select(d => (d.Refusal, d.Where)), Is.EqualTo(new[] { (Refusal.OldBytesMismatch, "sys_read+0x6") }));
        Assert.That(diagnostics[0].Detail, Does.Match("^expected ([0-9a-f]{2} ?)+, found ([0-9a-f]{2} ?)+$"));
    }

    [Test]
    public void OldAddressThatIsNotTheFunctionsIsRefused()
    {
        var changed = PackageSurgery.Change(s_package, PackageFormat.SectionFuncs, 8, 0x40);
        Assert.That(Verify(changed, Toolchain.Kernel).Select(d => d.Refusal), Is.EqualTo(new[] { Refusal.BadPackage }));
    }

    [Test]
    public void PackageForAFunctionThatTheKernelLacksIsRefused()
    {
        const int OldName = 64;
        var changed = PackageSurgery.Change(s_package, PackageFormat.SectionFuncs, OldName, (byte)'X');
        Assert.That(Verify(changed, Toolchain.Kernel).Select(d => (d.Refusal, d.Where)), Is.EqualTo(new[] { (Refusal.MissingSymbol, "Xys_read") }));
    }

    private static DiagnosticBag Verify(byte[] bytes, KernelImage kernel)
    {
        var diagnostics = new DiagnosticBag();
        var package = PackageReader.Read(bytes, diagnostics);
        Assert.That(package, Is.Not.Null, string.Join('\n', diagnostics));
        Assert.That(PackageVerifier.Verify(package!, kernel, diagnostics), Is.EqualTo(diagnostics.Count == 0));
        return diagnostics;
    }
}
