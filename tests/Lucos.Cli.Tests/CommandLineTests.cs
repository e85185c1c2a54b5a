using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;
using Lucos.Tests.Shared;

namespace Lucos.Cli.Tests;

public sealed class CommandLineTests
{
    private static readonly string[] s_commands =
    [
        "demo", "run", "guest", "guest list", "guest info", "guest pause", "guest resume", "guest snapshot", "guest stop", "update", "update check", "update plan", "update apply", "update status", "update show", "update watch", "update history", "update undo",
        "update cancel", "update withdraw", "replay", "patch", "patch build", "patch inspect", "patch verify", "scenario", "scenario run", "scenario check", "scenario schema", "uname", "doctor",
    ];

    [TestCaseSource(nameof(s_commands))]
    public async Task EveryCommandHasHelpWithExamples(string command)
    {
        var (code, output, error) = await RunAsync([.. command.Split(' '), "--help"]);
        Assert.That(code, Is.EqualTo(ExitCode.Done));
        Assert.That(output, Does.Contain($"Examples:\n  ").And.Contains("lucos ").And.Contains("--output"));
        Assert.That(error, Is.Empty);
    }

    [TestCase("--bogus")]
    [TestCase("dance")]
    [TestCase("scenario", "check", "--bogus")]
    [TestCase("scenario", "check")]
    [TestCase("update", "undo")]
    [TestCase("update", "show")]
    [TestCase("update", "show", "x", "--limit", "0")]
    [TestCase("update", "show", "x", "--limit", "many")]
    [TestCase("update", "undo", "x", "--timeout", "0")]
    [TestCase("update", "check", "x", "--verify-coherence")]
    [TestCase("update", "undo", "x", "--verify-coherence")]
    [TestCase("patch", "build", "--object", "x.o")]
    [TestCase("run", "--memory", "5")]
    [TestCase("run", "--memory", "9G")]
    [TestCase("guest", "snapshot")]
    [TestCase("guest", "dance")]
    [TestCase("doctor", "-o", "xml")]
    [TestCase("rehearse")]
    [TestCase("update", "show", "x", "--limit", "5")]
    [TestCase("replay", "x.record", "--after", "5")]
    [TestCase("update", "withdraw", "-1")]
    public async Task AWrongCommandLineIsExplainedAndExitsWith2(params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(output, Is.Empty);
        Assert.That(error, Does.StartWith("lucos: ").And.Contains("--help"));
    }

    [TestCase("lucos: 'lucos' needs a command: one of demo, run, ")]
    [TestCase("lucos: 'lucos update' needs a command: one of check, plan, apply, ", "update")]
    [TestCase("lucos: 'statsu' is no command of 'lucos update'; its commands are check, plan, apply, status, ", "update", "statsu")]
    [TestCase("lucos: '--bogus' is no option of 'lucos'; its commands are demo, ", "--bogus")]
    [TestCase("lucos: 'x' is no whole number, which --timeout takes.\nTry ", "update", "apply", "p", "--timeout", "x")]
    [TestCase("lucos: 'x' is no whole number, which withdraw takes.\nTry ", "update", "withdraw", "x")]
    [TestCase("lucos: '-1' is no whole number, which --seed takes.\nTry ", "run", "--seed", "-1")]
    [TestCase("lucos: --limit means nothing without --ledger.\nTry ", "update", "show", "x", "--limit", "5")]
    public async Task AWrongCommandLineIsExplainedInWordsOfTheCommandLine(string complaint, params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(error, Does.StartWith(complaint));
    }

    [Test]
    public async Task TheVersionIsTold()
    {
        var (code, output, error) = await RunAsync(["--version"]);
        Assert.That((code, error), Is.EqualTo((ExitCode.Done, "")));
        Assert.That(output, Does.Match(@"^[0-9]+\.[0-9]+\.[0-9]+"));
    }

    [Test]
    public async Task ScenariosWhoseRecordsWouldHaveOneNameAreRefusedBeforeTheyRun()
    {
        var folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;
        var scenario = Path.Combine(RepositoryRoot.Find(), "tests", "scenarios", "apply-guest.yaml");
        var (code, output, error) = await RunAsync(["scenario", "run", scenario, scenario, "--record", folder]);
        Directory.Delete(folder, recursive: true);
        Assert.That((code, output), Is.EqualTo((ExitCode.Usage, "")));
        Assert.That(error, Does.StartWith("lucos: same-name: 2 scenarios are called 'apply-guest'"));
    }

    [Test]
    public async Task ARecordThatCanNotBeWrittenIsAnErrorOfTheCommandLine()
    {
        var folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;
        var (code, _, error) = await RunAsync(["run", "--record", folder, "--name", "test-record-is-folder"]);
        var scenario = Path.Combine(RepositoryRoot.Find(), "tests", "scenarios", "apply-guest.yaml");
        var (other, output, _) = await RunAsync(["scenario", "run", scenario, "--record", scenario]);
        Directory.Delete(folder);
        Assert.That((code, other, output), Is.EqualTo((ExitCode.Usage, ExitCode.Usage, "")));
        Assert.That(error, Does.StartWith($"lucos: cannot-write: {folder}: "));
    }

    [Test]
    public async Task AMissingFileIsAnErrorObjectForPrograms()
    {
        var (code, output, _) = await RunAsync(["patch", "inspect", "/nowhere/fix.lup", "-o", "json"]);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That((string?)JsonNode.Parse(output)!["reason"], Is.EqualTo("file-not-found"));
        Assert.That((int?)JsonNode.Parse(output)!["version"], Is.EqualTo(1));
    }

    [Test]
    public async Task AReportThatCouldNotBeWrittenIsSaidBeforeTheScenariosRun()
    {
        var scenario = Path.Combine(RepositoryRoot.Find(), "tests", "scenarios", "apply-guest.yaml");
        var (code, output, error) = await RunAsync(["scenario", "run", scenario, "--junit", "/nowhere/report.xml"]);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(output, Is.Empty, "nothing was run");
        Assert.That(error, Does.Contain("cannot-write").And.Contains("/nowhere"));
    }

    [Test]
    public async Task AFileThatIsNoPackageIsRefusedWithItsReason()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "no package");
        var (code, output, error) = await RunAsync(["patch", "verify", file, "-o", "ndjson"]);
        File.Delete(file);
        Assert.That(code, Is.EqualTo(ExitCode.Refused));
        Assert.That(output.Split('\n')[0], Is.EqualTo("""{"type":"version","version":1}"""));
        Assert.That(error, Does.Contain("bad-package"));
    }

    [Test]
    public async Task AGuestThatDoesNotRunIsUnreachable()
    {
        var (code, _, error) = await RunAsync(["uname", "--guest", "nobody-has-this-name"]);
        Assert.That(code, Is.EqualTo(ExitCode.Unreachable));
        Assert.That(error, Does.Contain("guest-unreachable"));
    }

    [TestCase("info")]
    [TestCase("pause")]
    [TestCase("resume")]
    [TestCase("stop")]
    [TestCase("snapshot", "--to", "x.snapshot")]
    public async Task WhatIsAskedOfAGuestThatDoesNotRunIsUnreachable(params string[] verb)
    {
        var (code, output, _) = await RunAsync(["guest", .. verb, "--guest", "nobody-has-this-name", "-o", "json"]);
        Assert.That(code, Is.EqualTo(ExitCode.Unreachable));
        Assert.That((string?)JsonNode.Parse(output)!["reason"], Is.EqualTo("guest-unreachable"));
    }

    [TestCase("nothing of ours", ExitCode.Refused, "snapshot-foreign")]
    [TestCase(null, ExitCode.Usage, "file-not-found")]
    public async Task AFileThatIsNoSnapshotIsRefused(string? content, ExitCode expected, string reason)
    {
        var file = Path.Combine(Path.GetTempPath(), $"lucos-test-{Guid.NewGuid():N}");
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content);
        }

        var (code, _, error) = await RunAsync(["run", "--restore", file, "--name", "test-no-snapshot"]);
        File.Delete(file);
        Assert.That(code, Is.EqualTo(expected));
        Assert.That(error, Does.Contain(reason).And.Contain(file));
    }

    [TestCase("--record", "x.record")]
    [TestCase("--append", "x")]
    [TestCase("--initrd", "x")]
    public async Task WhatOnlyABootTakesConflictsWithASnapshot(params string[] option)
    {
        var (code, _, error) = await RunAsync(["run", "--restore", "x.snapshot", .. option]);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(error, Does.Contain("restore-conflict").And.Contain(option[0]));
    }

    [TestCase("not an ELF file", "bad-kernel")]
    [TestCase(null, "kernel-not-found")]
    public async Task AKernelThatCanNotBeBootedIsRefused(string? content, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;
        var kernel = Path.Combine(folder, "kernel.elf");
        var initramfs = Path.Combine(folder, "initramfs.cpio");
        await File.WriteAllTextAsync(initramfs, "");
        if (content is not null)
        {
            await File.WriteAllTextAsync(kernel, content);
        }

        var (code, _, error) = await RunAsync(["run", "--kernel", kernel, "--initrd", initramfs, "--name", "test-bad-kernel"]);
        Directory.Delete(folder, recursive: true);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(error, Does.Contain(reason));
    }

    [Test]
    public async Task AnInitramfsThatIsNoneIsRefusedAndItsReasonIsSaidOnce()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "no archive");
        var (code, _, error) = await RunAsync(["run", "--initrd", file, "--name", "test-bad-initramfs"]);
        File.Delete(file);
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(error, Does.StartWith($"lucos: bad-initramfs: {file}: no cpio entry"));
    }

    [Test]
    public async Task TheSchemaIsTheWholeOutput()
    {
        var (code, output, _) = await RunAsync(["scenario", "schema"]);
        Assert.That(code, Is.EqualTo(ExitCode.Done));
        Assert.That((string?)JsonNode.Parse(output)!["title"], Is.EqualTo("Lucos scenario"));
    }

    private static async Task<(ExitCode Code, string Output, string Error)> RunAsync(IReadOnlyList<string> args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await LucosProgram.RunAsync(args, new Terminal(output, error, false, false, false));
        return (code, output.ToString(), error.ToString());
    }
}
