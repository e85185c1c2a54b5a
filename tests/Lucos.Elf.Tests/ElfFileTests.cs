using CsCheck;

namespace Lucos.Elf.Tests;

public sealed class ElfFileTests
{
    private static readonly byte[] s_object = Toolchain.Compile(Toolchain.KernelSource);

    [Test]
    public void ObjectTellsSectionsSymbolsAndRelocations()
    {
        var file = ElfFile.Parse(s_object);
        var text = file.Section(".text._start64")!;
        var relocations = file.Relocations(file.RelocationSectionOf(text)!);
        Assert.Multiple(() =>
        {
            Assert.That(file.Header.Type, Is.EqualTo(ElfType.Relocatable));
            Assert.That(text.IsCode && text.IsAllocated, Is.True);
            Assert.That(file.Symbols.Single(s => s.Name == "helper").IsDefined, Is.False);
            Assert.That(relocations.Select(r => file.Symbols[r.Symbol].Name), Does.Contain("helper"));
            Assert.That(relocations.Select(r => r.Type).Distinct(), Is.EquivalentTo(new[] { RelocationType.Pc32, RelocationType.Plt32 }));
        });
    }

    [Test]
    public void EveryTruncationIsRefusedOrHarmless()
    {
        for (var length = 0; length < s_object.Length; length++)
        {
            Assert.That(Survives(s_object[..length]), Is.False, $"{length} bytes are no ELF file: the section table is at its end");
        }
    }

    [Test]
    public void NoDamageThrowsAnythingElse()
    {
        var damage = Gen.Select(Gen.Int[0, s_object.Length - 1], Gen.Byte).Array[1, 8];
        damage.Sample(
            changes =>
            {
                var bytes = s_object.ToArray();
                foreach (var (offset, value) in changes)
                {
                    bytes[offset] = value;
                }

                _ = Survives(bytes);
            },
            iter: 2000);
    }

    [Test]
    public void NoDamageOfAKernelThrowsAnythingElse()
    {
        var kernel = Toolchain.Kernel;
        Gen.Select(Gen.Int[0, 64 + (56 * 3)], Gen.Byte).Array[1, 4].Sample(
            changes =>
            {
                var bytes = kernel.ToArray();
                foreach (var (offset, value) in changes)
                {
                    bytes[offset] = value;
                }

                try
                {
                    _ = KernelImage.Parse(bytes, 64 << 20).Symbols.Resolve(0xffffffff80100000);
                }
                catch (ElfFormatException e)
                {
                    Assert.That(e.Message, Does.StartWith(e.Error.Id()));
                }
            },
            iter: 2000);
    }

    [Test]
    public void EveryErrorHasItsOwnIdentifier()
    {
        string[] ids = [.. Enum.GetValues<ElfError>().Select(e => e.Id())];
        Assert.That(ids, Is.Unique);
        Assert.That(ids, Has.All.Match("^(elf|kernel)-[a-z0-9-]+$"));
    }

    private static bool Survives(byte[] bytes)
    {
        var file = ElfFile.TryParse(bytes, null, out var error);
        if (file is null)
        {
            Assert.That(error!.Message, Does.StartWith("elf-"));
            return false;
        }

        try
        {
            _ = file.Notes();
            foreach (var section in file.Sections.Where(s => s.Type == SectionType.Rela))
            {
                _ = file.Relocations(section);
            }
        }
        catch (ElfFormatException)
        {
        }

        return true;
    }
}
