using System.Diagnostics;
using CsCheck;
using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Tests;

public sealed class PackageReaderTests
{
    private static readonly byte[] s_package = PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, [])!;
    private static readonly byte[] s_dataPackage = PackageBuilder.Build(Toolchain.DataObject, Toolchain.Kernel, [])!;

    [Test]
    public void EveryTruncationIsRefused([Values] bool data)
    {
        var package = data ? s_dataPackage : s_package;
        for (var length = 0; length < package.Length; length++)
        {
            Assert.That(Refusal(package[..length]), Is.EqualTo(Abi.Refusal.BadPackage), $"{length} bytes");
        }
    }

    [Test]
    public void AppendedBytesAreRefused() => Assert.That(Refusal([.. s_package, 0]), Is.EqualTo(Abi.Refusal.DigestMismatch));

    [Test]
    public void EveryFlippedBitIsRefused([Values] bool data)
    {
        var package = data ? s_dataPackage : s_package;
        Gen.Int[0, (package.Length * 8) - 1].Sample(
            bit =>
            {
                var bytes = package.ToArray();
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(Refusal(bytes), Is.AnyOf(Abi.Refusal.DigestMismatch, Abi.Refusal.BadPackage, Abi.Refusal.TooLarge));
            },
            iter: 2000);
    }

    [Test]
    public void FlippedBitOfCodeIsADigestMismatch()
    {
        var bytes = s_package.ToArray();
        bytes[(int)ElfFile.Parse(s_package).Section(".text.new_read")!.Offset] ^= 1;
        Assert.That(Refusal(bytes), Is.EqualTo(Abi.Refusal.DigestMismatch));
    }

    [Test]
    public void DamageWithARightDigestNeverThrowsAndIsQuick([Values] bool data)
    {
        var package = data ? s_dataPackage : s_package;
        var clock = Stopwatch.StartNew();
        Gen.Select(Gen.Int[0, package.Length - 1], Gen.Byte).Array[1, 6].Sample(
            changes =>
            {
                var bytes = package.ToArray();
                foreach (var (offset, value) in changes)
                {
                    bytes[offset] = value;
                }

                ReadAndVerify(PackageSurgery.Resign(bytes, package));
            },
            iter: 3000);
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
    }

    [Test]
    public void DamageOfHeadersWithARightDigestNeverThrows([Values] bool data)
    {
        var package = data ? s_dataPackage : s_package;
        var table = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(package.AsSpan(40));
        var places = Gen.OneOf(Gen.Int[0, 63], Gen.Int[table, package.Length - 1]);
        var values = Gen.OneOf(Gen.Byte, Gen.Int[0, 4].Select(i => new byte[] { 0, 1, 0x7f, 0x80, 0xff }[i]));
        Gen.Select(places, values).Array[1, 4].Sample(
            changes =>
            {
                var bytes = package.ToArray();
                foreach (var (offset, value) in changes)
                {
                    bytes[offset] = value;
                }

                ReadAndVerify(PackageSurgery.Resign(bytes, package));
            },
            iter: 3000);
    }

    [Test]
    public void SectionsThatOverlapToMultiplyWorkAreRefused()
    {
        var elf = ElfFile.Parse(s_package);
        var bytes = s_package.ToArray();
        var table = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        foreach (var section in elf.Sections.Where(s => s.Type == SectionType.Rela))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(table + (section.Index * 64) + 24), 0);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(table + (section.Index * 64) + 32), (ulong)bytes.Length / 24 * 24);
        }

        Assert.That(Refusal(PackageSurgery.Resign(bytes, s_package)), Is.EqualTo(Abi.Refusal.BadPackage));
    }

    [Test]
    public void TooLargeFileIsRefused() => Assert.That(Refusal(new byte[UpdateLimits.MaxPackageBytes + 1]), Is.EqualTo(Abi.Refusal.TooLarge));

    [Test]
    public void ObjectThatWasNotBuiltIsRefused() => Assert.That(Refusal(Toolchain.UpdateObject), Is.EqualTo(Abi.Refusal.BadPackage));

    [TestCase(PackageFormat.SectionManifest, 0, "magic")]
    [TestCase(PackageFormat.SectionManifest, 8, "format version")]
    [TestCase(PackageFormat.SectionManifest, 12, "size of the struct")]
    [TestCase(PackageFormat.SectionManifest, 388, "flags")]
    [TestCase(PackageFormat.SectionDeps, 0, "kind")]
    [TestCase(PackageFormat.SectionDeps, 4, "padding")]
    [TestCase(PackageFormat.SectionFuncs, 16, "old size")]
    [TestCase(PackageFormat.SectionFuncs, 23, "new size")]
    [TestCase(PackageFormat.SectionFuncs, 27, "offset of the old bytes")]
    [TestCase(PackageFormat.SectionFuncs, 28, "flags")]
    [TestCase(PackageFormat.SectionFuncs, 32, "hash of the old bytes")]
    [TestCase(PackageFormat.SectionOldbytes, 0, "old bytes")]
    [TestCase(PackageFormat.SectionCallbacks, 0, "kind")]
    [TestCase(PackageFormat.SectionSig, 0, "magic")]
    [TestCase(PackageFormat.SectionSig, 8, "algorithm")]
    [TestCase(PackageFormat.SectionSig, 12, "padding")]
    public void FieldWithAValueThatIsNotAllowedIsRefused(string section, int offset, string field)
    {
        var changed = PackageSurgery.Change(s_package, section, offset, 0xf0);
        Assert.That(Refusal(changed), Is.EqualTo(Abi.Refusal.BadPackage), field);
    }

    [Test]
    public void TextWithControlCharactersIsRefused() =>
        Assert.That(Refusal(PackageSurgery.Change(s_package, PackageFormat.SectionManifest, 112, (byte)'\n')), Is.EqualTo(Abi.Refusal.BadPackage));

    [Test]
    public void DigestIsFrozen()
    {
        var file = new byte[64];
        Assert.That(Convert.ToHexStringLower(PackageDigest.Compute(file, 16)), Is.EqualTo("f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"));
        file.AsSpan(16, 32).Fill(0xff);
        Assert.That(Convert.ToHexStringLower(PackageDigest.Compute(file, 16)), Is.EqualTo("f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"));
    }

    private static Refusal Refusal(byte[] bytes)
    {
        var diagnostics = new DiagnosticBag();
        Assert.That(PackageReader.Read(bytes, diagnostics), Is.Null);
        Assert.That(diagnostics, Is.Not.Empty);
        Assert.That(diagnostics, Has.All.Property(nameof(PackageDiagnostic.WhatToDo)).Not.Empty);
        return diagnostics.Refusal;
    }

    private static void ReadAndVerify(byte[] bytes)
    {
        var diagnostics = new DiagnosticBag();
        var package = PackageReader.Read(bytes, diagnostics);
        Assert.That(package is null, Is.EqualTo(diagnostics.HasAny));
        if (package is not null)
        {
            Assert.That(PackageVerifier.Verify(package, Toolchain.Kernel, diagnostics), Is.EqualTo(!diagnostics.HasAny));
        }
    }
}
