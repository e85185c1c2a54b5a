namespace Lucos.Guest.Tests.Qemu;

/// <summary>The guest's programs at work: shell, workloads, the tests that run inside, and the flaw that updates repair.</summary>
[TestFixture]
public sealed class UserSpaceUnderQemuTests
{
    private const string CommandLine = "console=ttyS0 seed=1 quiet";

    [TestCase(1)]
    [TestCase(4)]
    [CancelAfter(120_000)]
    public async Task TheTestsFromUserSpacePass(int cpus, CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel, cpus);
        string answer = await RunAsync(guest, "utest", 0, cancel);
        Assert.That(answer, Does.Contain("failures=0"));
    }

    [TestCase(1)]
    [TestCase(4)]
    [CancelAfter(120_000)]
    public async Task EveryWorkloadRunsCleanAtTheSameTime(int cpus, CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel, cpus);
        guest.Send("pipeload --bytes 300000 & forkstorm --forks 40 & cpuburn --rounds 30 &");
        string requests = await RunAsync(guest, "reqload --requests 500", 0, cancel);
        string rest = await RunAsync(guest, "wait", 0, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(requests, Does.Contain("reqload: requests=500 lost=0 corrupted=0"));
            Assert.That(requests + rest, Does.Contain("pipeload: bytes=300000 errors=0"));
            Assert.That(requests + rest, Does.Contain("forkstorm: forks=40 errors=0"));
            Assert.That(requests + rest, Does.Contain("cpuburn: rounds=30 errors=0"));
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ATerminatedWorkloadAnswersWhatWasAskedAndLeavesWithZero(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        guest.Send("reqload --verbose &");
        await guest.WaitForAsync("reqload: client 0: requests=", cancel);
        guest.Send("kill -TERM $!");
        string answer = await RunAsync(guest, "wait $!", 0, cancel);
        Assert.That(answer, Does.Match("reqload: requests=[1-9][0-9]* lost=0 corrupted=0"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AnUnprivilegedProgramLeaksTheSecretThatRootReads(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        string secret = await RunAsync(guest, "cat /dev/secret", 0, cancel);
        string leaked = await RunAsync(guest, "runas 1000 readlog-exploit", 0, cancel);
        string text = System.Text.RegularExpressions.Regex.Match(secret, "lucos-secret-[0-9a-f]{16}").Value;
        Assert.That(text, Is.Not.Empty, secret);
        Assert.That(leaked, Does.Contain("leaked: " + text));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AnUnprivilegedProgramCanNotReadTheSecretDirectly(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        string refused = await RunAsync(guest, "runas 1000 cat /dev/secret", 1, cancel);
        Assert.That(refused, Does.Contain("permission denied").And.Not.Contain("lucos-secret-"));
    }

    [TestCase("true && echo a$?b", "a0b")]
    [TestCase("false || echo a$?b", "a1b")]
    [TestCase("sh -c 'exit 37'; echo a$?b", "a37b")]
    [TestCase("no-such-program; echo a$?b", "a127b")]
    [TestCase("/dev/null; echo a$?b", "a126b")]
    [TestCase("crash user; echo a$?b", "a139b")]
    [TestCase("cd /tmp; echo one > f; echo two >> f; cat < f | wc; rm f; cd /", "2 2 8")]
    [TestCase("echo \"x  $?\" 'y  $?' z\\;", "x  0 y  $? z;")]
    [TestCase("echo x |; echo a$?b", "syntax error")]
    [CancelAfter(60_000)]
    public async Task TheShellDoesAsTheLineSays(string line, string expected, CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        guest.Send(line);
        await guest.WaitForAsync("\n", cancel);
        string answer = await guest.WaitForAsync(expected, cancel);
        Assert.That(answer, Does.Contain(expected));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ControlCEndsTheForegroundProgramAndNotTheShell(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        guest.Send("sh -c 'echo go$?; cat'");
        await guest.WaitForAsync("go0", cancel);
        guest.Send("\u0003");
        await guest.WaitForAsync("^C", cancel);
        await guest.WaitForAsync("$ ", cancel);
        guest.Send("echo a$?b");
        Assert.That(await guest.WaitForAsync("a130b", cancel), Does.Contain("a130b"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AnOopsKillsTheProcessWithABacktraceAndTheMachineGoesOn(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        guest.Send("crash oops; echo status=$?.");
        string report = await guest.WaitForAsync("status=139.", cancel);
        Assert.That(report, Does.Contain("crash_oops").And.Contain("crash_write"));
        await RunAsync(guest, "utest", 0, cancel);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task APanicStopsTheMachineWithABacktrace(CancellationToken cancel)
    {
        await using QemuGuest guest = await BootAsync(cancel);
        guest.Send("crash panic");
        Assert.That(await guest.WaitForExitAsync(cancel), Is.Not.Zero);
        Assert.That(guest.Console, Does.Contain("/dev/crash").And.Contain("crash_write"));
    }

    [TestCase(true, "initramfs: no newc header (magic 070701) at offset 0")]
    [TestCase(false, "initramfs: archive ends inside an entry at offset")]
    [CancelAfter(60_000)]
    public async Task ACorruptInitramfsIsNamedWithItsOffsetAndStopsTheMachine(bool badMagic, string message, CancellationToken cancel)
    {
        byte[] archive = await File.ReadAllBytesAsync(GuestImages.Initramfs, cancel);
        archive[0] = badMagic ? (byte)'X' : archive[0];
        archive = badMagic ? archive : archive[..(archive.Length / 2)];
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "corrupt.cpio");
        await File.WriteAllBytesAsync(path, archive, cancel);
        await using var guest = QemuGuest.Start(GuestImages.Kernel, path, CommandLine);
        int value = await guest.WaitForExitAsync(cancel);
        Assert.That(value, Is.Not.Zero, guest.Console);
        Assert.That(guest.Console, Does.Contain(message).And.Contain("no init"));
    }

    private static async Task<QemuGuest> BootAsync(CancellationToken cancel, int cpus = 1)
    {
        var guest = QemuGuest.Start(GuestImages.Kernel, GuestImages.Initramfs, CommandLine, cpus);
        await guest.WaitForAsync("$ ", cancel);
        return guest;
    }

    /// <summary>Runs a line and waits for the exit status that it must have; gives what came on the console.</summary>
    private static async Task<string> RunAsync(QemuGuest guest, string line, int status, CancellationToken cancel)
    {
        guest.Send(line + "; echo status=$?.");
        return await guest.WaitForAsync($"status={status}.", cancel);
    }
}
