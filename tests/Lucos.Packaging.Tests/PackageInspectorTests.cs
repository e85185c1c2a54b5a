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
    public void DescriptionTellsWhatDataThePackageChanges()
    {
        var package = PackageReader.Read(PackageBuilder.Build(Toolchain.DataObject, Toolchain.Kernel, [])!, [])!;
        var description = PackageInspector.Describe(package);
        var text = new StringWriter();
        DescriptionWriter.Write(text, description);
        var lines = text.ToString().Split(Environment.NewLine);
        var types = lines.SkipWhile(line => !line.StartsWith("changes ", StringComparison.Ordinal)).TakeWhile(line => !line.StartsWith("calls ", StringComparison.Ordinal));
        Assert.That(types, Is.EqualTo(new[]
        {
            "changes cache pipe as pipes (16 bytes become 16 and 32 behind them)",
            "  twin, service, on-unlock; shared head of 8 bytes",
            "  to new        widen",
            "  to old        narrow",
            "  representable fits",
            "  release       drop",
            "  moved         move",
            "  state         pipes_state",
            "  lock          +0x0 (4 bytes)",
            "  preserves     +0x8 (4 bytes), +0xc (4 bytes)",
            "changes cache inode as stamps (16 bytes become 4)",
            "  shadow, step, each-write; shared head of 0 bytes",
            "  to new        stamp",
            "  state         stamps_state",
            "changes variable hits by new_hits as hit_counts (16 bytes become 32)",
            "  twin, step, each-write; shared head of 0 bytes",
            "  to new        widen_hits",
            "  to old        narrow_hits",
            "  state         hit_counts_state",
            "  lock          hits_lock (4 bytes)",
            "  preserves     +0x0 (16 bytes)",
            "changes cache dir_entry as entries (16 bytes become 16)",
            "  in-place, step, each-write; shared head of 0 bytes",
            "  to new        copy",
            "  to old        copy",
            "  state         entries_state",
        }));
        Assert.That(lines.Where(line => line.StartsWith("calls ", StringComparison.Ordinal)), Is.EquivalentTo(new[]
        {
            "calls thread_left on function-left of new_read",
            "calls left on threads-left of new_read",
            "calls left on data-left of pipes",
            "calls left on data-left of hit_counts",
        }));
    }

    [TestCase("LUCOS_HANDLES(new_read, pipes)", "  handled by    sys_read")]
    [TestCase("", null)]
    public void WhoHandlesATypeIsDescribedWhereTheAuthorSaysSo(string declaration, string? line)
    {
        const string Pipes = "LUCOS_TYPE_CACHE(pipes, \"pipe\", struct pipe, struct wide_pipe, widen, narrow);";
        var package = PackageReader.Read(PackageBuilder.Build(Toolchain.CompileDeclaring(Pipes + declaration), Toolchain.Kernel, [])!, [])!;
        var text = new StringWriter();
        DescriptionWriter.Write(text, PackageInspector.Describe(package));
        Assert.That(text.ToString().Split(Environment.NewLine).FirstOrDefault(found => found.Contains("handled by", StringComparison.Ordinal)), Is.EqualTo(line));
    }

    [Test]
    public void DataIsDescribedInJson()
    {
        var package = PackageReader.Read(PackageBuilder.Build(Toolchain.DataObject, Toolchain.Kernel, [])!, [])!;
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(PackageInspector.Describe(package)));
        var hits = json.RootElement.GetProperty("Types")[2];
        Assert.That(new[] { "Source", "Of", "NewVariable", "Lock", "Moved" }.Select(name => hits.GetProperty(name).GetString()), Is.EqualTo(new[] { "variable", "hits", "new_hits", "hits_lock", null }));
        Assert.That(hits.GetProperty("Preserves")[0].GetProperty("Size").GetUInt32(), Is.EqualTo(16));
        Assert.That(json.RootElement.GetProperty("Callbacks").GetArrayLength(), Is.EqualTo(4));
    }

    [Test]
    public void PackageThatChangesNoDataTellsOfNone()
    {
        var description = PackageInspector.Describe(s_package);
        Assert.That((description.Types.Count, description.Callbacks.Count), Is.EqualTo((0, 0)));
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
