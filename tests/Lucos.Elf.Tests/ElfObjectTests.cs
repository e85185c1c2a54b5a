namespace Lucos.Elf.Tests;

public sealed class ElfObjectTests
{
    [TestCase("-g")]
    [TestCase("-O0")]
    [TestCase("-fdata-sections")]
    public void UnchangedObjectIsWrittenByteForByte(string option)
    {
        var bytes = Toolchain.Compile(Toolchain.KernelSource, option);
        Assert.That(ElfObject.From(ElfFile.Parse(bytes)).Write(), Is.EqualTo(bytes));
    }

    [Test]
    public void AddedSectionReadsBackAndTheOthersStay()
    {
        var before = ElfFile.Parse(Toolchain.Compile(Toolchain.KernelSource));
        var changed = ElfObject.From(before);
        changed.Add(".extra", SectionType.Progbits, SectionAttributes.None, 8, [1, 2, 3]);
        var after = ElfFile.Parse(changed.Write());
        Assert.That(after.Section(".extra")!.Data.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(after.Sections.SkipLast(1).Select(s => s.Name), Is.EqualTo(before.Sections.Select(s => s.Name)));
        Assert.That(after.Symbols, Is.EqualTo(before.Symbols));
        foreach (var section in before.Sections.Where(s => s.Name != ".shstrtab"))
        {
            Assert.That(after.Sections[section.Index].Data.ToArray(), Is.EqualTo(section.Data.ToArray()), section.Name);
        }
    }

    [Test]
    public void ChangedSectionReadsBack()
    {
        var changed = ElfObject.From(ElfFile.Parse(Toolchain.Compile(Toolchain.KernelSource)));
        changed.Section(".data.counter")!.Data = [9, 0, 0, 0, 0, 0, 0, 0];
        Assert.That(ElfFile.Parse(changed.Write()).Section(".data.counter")!.Data.ToArray(), Is.EqualTo(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0 }));
    }

    [Test]
    public void KernelIsRefusedAsAnObject() =>
        Assert.That(() => ElfObject.From(ElfFile.Parse(Toolchain.Kernel)),
            Throws.TypeOf<ElfFormatException>().With.Property(nameof(ElfFormatException.Error)).EqualTo(ElfError.WrongType));
}
