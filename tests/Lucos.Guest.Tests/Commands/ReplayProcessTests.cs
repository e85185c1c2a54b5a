using System.Text.Json.Nodes;

namespace Lucos.Guest.Tests.Commands;

/// <summary>Records of guests with several processors, written and replayed by processes of their own.</summary>
[CancelAfter(60_000)]
public sealed class ReplayProcessTests
{
    private string _folder = "";

    private string RecordFile => Path.Combine(_folder, "run.record");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task ARunOnFourProcessorsReplaysToTheEnd(CancellationToken cancel)
    {
        await RecordAsync(cancel);
        var replay = await LucosProcess.RunAsync(_folder, cancel, "replay", RecordFile);
        Assert.That(replay.Code, Is.Zero, replay.Errors);
        Assert.That(replay.Output, Does.Match(@"\n4\s").And.Contain("pipeload: bytes=50000 errors=0").And.Match("replayed to the end: .* checks agree; PoweredOff 0"));
    }

    [Test]
    public async Task ARecordThatWasAlteredIsRefused(CancellationToken cancel)
    {
        await RecordAsync(cancel);
        var text = await File.ReadAllTextAsync(RecordFile, cancel);
        Assert.That(text, Does.Contain("\"cpus\":4"));
        await File.WriteAllTextAsync(RecordFile, text.Replace("\"cpus\":4", "\"cpus\":2", StringComparison.Ordinal), cancel);
        var replay = await LucosProcess.RunAsync(_folder, cancel, "replay", RecordFile);
        Assert.That(replay.Code, Is.EqualTo(2));
        Assert.That(replay.Errors, Does.Contain("record-damaged: ").And.Contain("altered"));
    }

    [Test]
    public async Task AScenarioOnMoreProcessorsThanItAsksForReplaysToTheEnd(CancellationToken cancel)
    {
        var scenario = Path.Combine(GuestImages.Root, "tests", "scenarios", "apply-guest.yaml");
        var run = await LucosProcess.RunAsync(_folder, cancel, "scenario", "run", "--cpus", "2", "--record", _folder, scenario);
        Assert.That(run.Code, Is.Zero, run.Output + run.Errors);
        var replay = await LucosProcess.RunAsync(_folder, cancel, "replay", Path.Combine(_folder, "apply-guest.record"), "--quiet", "-o", "json");
        Assert.That(replay.Code, Is.Zero, replay.Errors);
        Assert.That((string?)JsonNode.Parse(replay.Output)!["reason"], Is.EqualTo("end"));
    }

    private async Task RecordAsync(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(_folder, "run", "--cpus", "4", "--seed", "6", "--record", RecordFile);
        await run.TypeAsync("nproc\npipeload --bytes 50000\npoweroff\n");
        var (code, errors) = await run.EndAsync(cancel);
        Assert.That(code, Is.Zero, errors);
    }
}
