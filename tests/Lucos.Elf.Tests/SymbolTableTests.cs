namespace Lucos.Elf.Tests;

public sealed class SymbolTableTests
{
    private readonly SymbolTable _symbols = KernelImage.Parse(Toolchain.Kernel).Symbols;

    [Test]
    public void StaticNamesakesAreToldApartByTheirFiles()
    {
        Assert.That(_symbols.Find("twin").Select(s => s.QualifiedName), Is.EquivalentTo(new[] { "twin.in.main.c", "twin.in.helper.c" }));
        Assert.That(_symbols.FindOnly("twin"), Is.Null);
        Assert.That(_symbols.FindOnly("twin.in.helper.c")!.FileName, Is.EqualTo("helper.c"));
        Assert.That(_symbols.Find("twin", "main.c"), Has.Count.EqualTo(1));
    }

    [Test]
    public void NameOrFileThatDoesNotExistFindsNothing()
    {
        Assert.That(_symbols.Find("nothing"), Is.Empty);
        Assert.That(_symbols.Find("twin.in.other.c"), Is.Empty);
        Assert.That(_symbols.Find("helper.in.helper.c"), Is.Empty, "a global symbol has no file");
    }

    [Test]
    public void AddressIsToldByFunctionAndOffset()
    {
        var helper = _symbols.FindOnly("helper")!;
        var hit = _symbols.Resolve(helper.Value + 1);
        Assert.That(hit?.ToString(), Is.EqualTo("helper+0x1"));
        Assert.That(_symbols.Resolve(_symbols.FindOnly("twin.in.main.c")!.Value)?.ToString(), Is.EqualTo("twin (main.c)+0x0"));
    }

    [Test]
    public void AddressBehindAFunctionBelongsToNobody()
    {
        var last = _symbols.All.Where(s => s.Type == SymbolType.Function).MaxBy(s => s.Value)!;
        Assert.That(_symbols.Resolve(last.Value + last.Size - 1)?.Symbol.Name, Is.EqualTo(last.Name));
        Assert.That(_symbols.Resolve(last.Value + last.Size), Is.Null);
        Assert.That(_symbols.Resolve(0x1000), Is.Null);
    }

    [Test]
    public void RangeHoldsTheSymbolsThatStartInIt()
    {
        var helper = _symbols.FindOnly("helper")!;
        Assert.That(_symbols.InRange(helper.Value, helper.Value + 1).Select(s => s.Name), Is.EqualTo(new[] { "helper" }));
        Assert.That(_symbols.InRange(helper.Value + 1, helper.Value + 1), Is.Empty);
    }
}
