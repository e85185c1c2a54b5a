using System.Collections.Concurrent;
using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Recording;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Running;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Guest.Tests.Scenarios;

/// <summary>Every file of tests/scenarios on a real guest; whole transcripts are compared.</summary>
public sealed class ScenarioTests
{
    private static readonly string s_folder = Path.Combine(GuestImages.Root, "tests", "scenarios");

    private static readonly ConcurrentDictionary<string, Lazy<(string Transcript, byte[] Record)>> s_recorded = new();

    private static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(s_folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public void AScenarioGoesAsItsTranscriptSays(string name)
    {
        Assert.That(Recorded(name).Transcript, Is.EqualTo(File.ReadAllText(Path.Combine(s_folder, "expected", name + ".txt"))));
    }

    [TestCaseSource(nameof(Names))]
    public void ARecordOfTheScenarioReplaysHashByHash(string name)
    {
        var record = Record.Read(new MemoryStream(Recorded(name).Record));
        using var replayer = new Replayer(record, Replayer.Kernel(record.Head), new ReplayOptions(), CancellationToken.None);
        var result = replayer.Run();
        Assert.That(result.Reason, Is.EqualTo("end"), result.Detail);
        Assert.That(result.Checks, Is.GreaterThan(5));
    }

    [Test]
    public void TheSameScenarioTakesTheSameBlocksEveryTime()
    {
        var scenario = Read(Path.Combine(s_folder, "apply-operator-under-load.yaml"));
        var first = Run(scenario).Steps.Select(s => s.Blocks);
        Assert.That(Run(scenario).Steps.Select(s => s.Blocks), Is.EqualTo(first));
    }

    [Test]
    public void AMomentOnAProcessorThatTheGuestDoesNotHaveFailsAndSaysWhatToDo()
    {
        var result = Run(Read(Path.Combine(s_folder, "cpus-moment-first-bytes.yaml")), cpus: 1);
        Assert.That(result.Passed, Is.False);
        Assert.That(result.Steps[^1].Problems, Has.Count.EqualTo(1).And.One.Match("^no-such-processor: .* on cpu 1.*'cpus'"));
    }

    [Test]
    public void AStepThatFailsEndsTheScenarioAndSaysWhy()
    {
        const string text = """
            scenario: fails
            steps:
              - boot:
              - run: { command: "false" }
              - poweroff:
            """;
        var result = Run(ScenarioReader.Read(text, new DiagnosticBag("fails.yaml"))!);
        Assert.That(result.Passed, Is.False);
        Assert.That(result.Steps[^1].Problems, Is.EqualTo(new[] { "exit status 1, not 0" }));
        Assert.That(Transcript.Render(result), Does.EndWith("failed, 1 steps not run\n"));
        Assert.That((int)JUnitReport.Make([result]).Root!.Attribute("failures")!, Is.EqualTo(1));
    }

    // A scenario is run once, recorded; what is asked of it and of its record are tests of their own.
    private static (string Transcript, byte[] Record) Recorded(string name) => s_recorded.GetOrAdd(name, Run).Value;

    private static Lazy<(string Transcript, byte[] Record)> Run(string name) => new(() =>
    {
        var files = GuestFiles.Find(GuestImages.Kernel, GuestImages.Initramfs);
        var record = new MemoryStream();
        var starter = new RecordingStarter(new VmmGuestStarter(files), () => record, new RecordOptions());
        var scenario = Read(Path.Combine(s_folder, name + ".yaml"));
        var result = new ScenarioRunner(starter, new PackageFolder(files.Updates)).Run(scenario, null, null, null, CancellationToken.None);
        return (Transcript.Render(result), record.ToArray());
    });

    private static Scenario Read(string file)
    {
        var bag = new DiagnosticBag(file);
        return ScenarioReader.Read(File.ReadAllText(file), bag) ?? throw new InvalidDataException(string.Join('\n', bag.Items));
    }

    private static ScenarioResult Run(Scenario scenario, int? cpus = null)
    {
        var files = GuestFiles.Find(GuestImages.Kernel, GuestImages.Initramfs);
        return new ScenarioRunner(new VmmGuestStarter(files), new PackageFolder(files.Updates)).Run(scenario, null, cpus, null, CancellationToken.None);
    }
}
