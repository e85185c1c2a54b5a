using System.Text.Json.Nodes;
using Lucos.Control.Recording;

namespace Lucos.Guest.Tests.Commands;

/// <summary>Records of guests with several processors, written and replayed by processes of their own.</summary>
[CancelAfter(60_000)]
public sealed class ReplayProcessTests : ProcessTests
{
    private string RecordFile => Path.Combine(Folder, "run.record");

    [Test]
    public async Task ARunOnFourProcessorsReplaysToTheEnd(CancellationToken cancel)
    {
        await RecordAsync(cancel);
        var replay = await LucosProcess.RunAsync(Folder, cancel, "replay", RecordFile);
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
        var replay = await LucosProcess.RunAsync(Folder, cancel, "replay", RecordFile);
        Assert.That(replay.Code, Is.EqualTo(2));
        Assert.That(replay.Errors, Does.Contain("record-damaged: ").And.Contain("altered"));
    }

    [Test]
    public async Task AScenarioOnMoreProcessorsThanItAsksForReplaysToTheEnd(CancellationToken cancel)
    {
        var scenario = Path.Combine(GuestImages.Root, "tests", "scenarios", "apply-guest.yaml");
        var run = await LucosProcess.RunAsync(Folder, cancel, "scenario", "run", "--cpus", "2", "--record", Folder, scenario);
        Assert.That(run.Code, Is.Zero, run.Output + run.Errors);
        var replay = await LucosProcess.RunAsync(Folder, cancel, "replay", Path.Combine(Folder, "apply-guest.record"), "--quiet", "-o", "json");
        Assert.That(replay.Code, Is.Zero, replay.Errors);
        Assert.That((string?)JsonNode.Parse(replay.Output)!["reason"], Is.EqualTo("end"));
    }

    [Test]
    public async Task AnExactRecordThatWasGivenAnotherInputIsToldByBlockAsTextAndAsJson(CancellationToken cancel)
    {
        await RecordAsync(cancel, "--record-exact");
        Alter();

        var text = await LucosProcess.RunAsync(Folder, cancel, "replay", "--quiet", RecordFile);
        Assert.That(text.Code, Is.EqualTo(3));
        Assert.That(text.Errors, Does.Contain("loaded nothing: what differs came from a device").And.Match(@"first different block: \d+, processor \d.*, at 0x[0-9a-f]+ \(\w+").And.Contain("block before it on that processor: "));

        var json = await LucosProcess.RunAsync(Folder, cancel, "replay", "--quiet", "-o", "json", RecordFile);
        var divergence = JsonNode.Parse(json.Output)!["divergence"]!;
        Assert.That(text.Errors, Does.Contain($"first different block: {divergence["block"]!["number"]},"));
        Assert.That((string?)divergence["block"]!["before"]!["address"], Does.StartWith("0x"));
        Assert.That(divergence["block"]!["before"]!["loads"]!.AsArray(), Is.Empty, "it is read from the console's port");
        Assert.That(divergence["pages"]!.AsArray(), Is.Not.Empty);
    }

    [Test]
    public async Task ExactlyWithoutARecordIsRefused(CancellationToken cancel)
    {
        var run = await LucosProcess.RunAsync(Folder, cancel, "run", "--record-exact");
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("no-record: --record-exact says how to record: say by --record where to"));
    }

    // Another letter is typed, and the record is whole and sealed.
    private void Alter()
    {
        Record record;
        using (var stream = File.OpenRead(RecordFile))
        {
            record = Record.Read(stream);
        }

        using var writer = new RecordWriter(File.Create(RecordFile), record.Head);
        foreach (var entry in record.Entries)
        {
            switch (entry)
            {
                case RecordEntry.Typed typed:
                    writer.Add(typed with { Bytes = [.. typed.Bytes.Select(b => b == (byte)'l' ? (byte)'k' : b)] });
                    break;
                case RecordEntry.Ended ended:
                    writer.End(ended.At, ended.Reason);
                    break;
                default:
                    writer.Add(entry);
                    break;
            }
        }
    }

    private async Task RecordAsync(CancellationToken cancel, params string[] more)
    {
        using var run = LucosProcess.Start(Folder, ["run", "--cpus", "4", "--seed", "6", "--record", RecordFile, .. more]);
        await run.TypeAsync("nproc\npipeload --bytes 50000\npoweroff\n");
        var (code, errors) = await run.EndAsync(cancel);
        Assert.That(code, Is.Zero, errors);
    }
}
