using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;
using Lucos.Control.Scenarios.Running;
using Lucos.Control.Scenarios.Yaml;

namespace Lucos.Guest.Tests.Scenarios;

/// <summary>Every file of tests/scenarios on a real guest; whole transcripts are compared.</summary>
public sealed class ScenarioTests
{
    private static readonly string s_folder = Path.Combine(GuestImages.Root, "tests", "scenarios");

    private static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(s_folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Names))]
    public void AScenarioGoesAsItsTranscriptSays(string name)
    {
        var transcript = Transcript.Render(Run(Read(Path.Combine(s_folder, name + ".yaml"))));
        Assert.That(transcript, Is.EqualTo(File.ReadAllText(Path.Combine(s_folder, "expected", name + ".txt"))));
    }

    [Test]
    public void TheSameScenarioTakesTheSameBlocksEveryTime()
    {
        var scenario = Read(Path.Combine(s_folder, "apply-operator-under-load.yaml"));
        var first = Run(scenario).Steps.Select(s => s.Blocks);
        Assert.That(Run(scenario).Steps.Select(s => s.Blocks), Is.EqualTo(first));
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

    private static Scenario Read(string file)
    {
        var bag = new DiagnosticBag(file);
        return ScenarioReader.Read(File.ReadAllText(file), bag) ?? throw new InvalidDataException(string.Join('\n', bag.Items));
    }

    private static ScenarioResult Run(Scenario scenario)
    {
        var files = GuestFiles.Find(GuestImages.Kernel, GuestImages.Initramfs);
        return new ScenarioRunner(new VmmGuestStarter(files), new PackageFolder(files.Updates)).Run(scenario, null, null, CancellationToken.None);
    }
}
