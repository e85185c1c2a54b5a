using System.Text.Json;
using Lucos.Packaging.Inspection;

namespace Lucos.Packaging.Tests;

public sealed class PackageInspectorTests
{
    private static readonly UpdatePackage s_package = PackageReader.Read(PackageBuilder.Build(Toolchain.UpdateObject, Toolchain.Kernel, [])!, [])!;

    [Test]
    public void DescriptionTellsWhatThePackageHolds()
    {
        var description = PackageInspector.Describe(s_package, Toolchain.Kernel);
        var function = description.Functions.Single();
        Assert.Multiple(() =>
        {
            Assert.That(description.DependsOn, Is.EqualTo(new[] { "base-fix 1.0" }));
            Assert.That(description.ConflictsWith, Is.EqualTo(new[] { "other-fix" }));
            Assert.That((description.Startup, description.Cleanup), Is.EqualTo(("begin", "end")));
            Assert.That(description.Imports, Is.EqualTo(new[] { "counter", "twin.in.other.c" }));
            Assert.That((function.Name, function.ReplacedBy), Is.EqualTo(("sys_read", "new_read")));
            Assert.That(function.OldAddress, Is.EqualTo($"0x{Toolchain.Kernel.Symbols.FindOnly("sys_read")!.Value:x}"));
            Assert.That(description.Relocations.Select(r => r.Target), Has.Some.StartsWith("twin.in.other.c"));
        });
    }

    [Test]
    public void OldCodeNamesWhatItCalls()
    {
        var code = PackageInspector.Describe(s_package, Toolchain.Kernel).Functions.Single().OldCode;
        Assert.That(code.Select(line => line.Text), Has.Some.EqualTo("call twin.in.main.c"));
        Assert.That(string.Concat(code.Select(line => line.Bytes)), Is.EqualTo(Convert.ToHexStringLower(s_package.Functions[0].OldBytes.Span)[..(code.Sum(l => l.Bytes.Length))]));
    }

    [Test]
    public void NewCodeTellsItsRelocations()
    {
        var code = PackageInspector.Describe(s_package).Functions.Single().NewCode;
        Assert.That(code.Select(line => line.Text), Has.Some.EndsWith("; Plt32 twin.in.other.c-0x4"));
    }

    [Test]
    public void DescriptionIsWrittenAsTextAndAsJson()
    {
        var description = PackageInspector.Describe(s_package, Toolchain.Kernel);
        var text = new StringWriter();
        DescriptionWriter.Write(text, description);
        Assert.That(text.ToString(), Does.StartWith("fix-read 1.2: Checks what sys_read is given").And.Contain("replaces sys_read at 0x"));
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(description));
        Assert.That(json.RootElement.GetProperty("Functions")[0].GetProperty("Name").GetString(), Is.EqualTo("sys_read"));
    }
}
