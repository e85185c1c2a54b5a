namespace Lucos.Guest.Tests.Qemu;

/// <summary>The same kernel image and initramfs, unchanged, under QEMU's PVH boot.</summary>
[TestFixture]
public sealed class KernelUnderQemuTests
{
    private const string Prompt = "$ ";

    [Test]
    [CancelAfter(60_000)]
    public async Task TheSameImageBootsToTheSameShell(CancellationToken cancel)
    {
        await using var guest = QemuGuest.Start(GuestImages.Kernel, GuestImages.Initramfs, "console=ttyS0 seed=1");
        await guest.WaitForAsync(Prompt, cancel);
        guest.Send("echo one-$?-two");
        string answer = await guest.WaitForAsync("one-0-two", cancel);
        Assert.That(answer, Does.Contain("one-0-two"));
        guest.Send("poweroff");
        Assert.That(await guest.WaitForExitAsync(cancel), Is.Zero, guest.Console);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheUpdateManagerSaysThatThereIsNoUpdateServer(CancellationToken cancel)
    {
        await using var guest = QemuGuest.Start(GuestImages.Kernel, GuestImages.Initramfs, "console=ttyS0 seed=1");
        string boot = await guest.WaitForAsync(Prompt, cancel);
        Assert.That(boot, Does.Contain("update-manager"), "the module must say why it did not load");
        guest.Send("lucosctl list; echo status=$?");
        string answer = await guest.WaitForAsync("status=7", cancel);
        Assert.That(answer, Does.Contain("/dev/lucos"));
    }

    [TestCase(1)]
    [TestCase(4)]
    [CancelAfter(120_000)]
    public async Task TheKernelsOwnTestsPass(int cpus, CancellationToken cancel)
    {
        await using var guest = QemuGuest.Start(GuestImages.Kernel, GuestImages.Initramfs, "console=ttyS0 seed=1 ktest", cpus);
        int failures = await guest.WaitForExitAsync(cancel);
        Assert.That(failures, Is.Zero, guest.Console);
        Assert.That(guest.Console, Does.Contain("ktest"));
    }

    [TestCase("", 3)]
    [TestCase("maxcpus=2", 2)]
    [TestCase("nosmp", 1)]
    [CancelAfter(60_000)]
    public async Task AsManyProcessorsRunAsThereAreAndTheCommandLineAllows(string option, int expected, CancellationToken cancel)
    {
        await using var guest = QemuGuest.Start(GuestImages.Kernel, GuestImages.Initramfs, $"console=ttyS0 seed=1 quiet {option}", cpus: 3);
        await guest.WaitForAsync(Prompt, cancel);
        guest.Send("nproc; echo end-$?-");
        string answer = await guest.WaitForAsync("end-0-", cancel);
        Assert.That(answer, Does.Contain($"\n{expected}\r\n"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WithoutAnInitramfsTheKernelSaysSoAndStops(CancellationToken cancel)
    {
        await using var guest = QemuGuest.Start(GuestImages.Kernel, initramfs: null, "console=ttyS0 seed=1");
        int value = await guest.WaitForExitAsync(cancel);
        Assert.That(value, Is.Not.Zero, guest.Console);
        Assert.That(guest.Console, Does.Contain("initramfs"));
    }
}
