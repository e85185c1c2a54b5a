namespace Lucos.Guest.Tests.Vmm;

/// <summary>The guest kernel on the virtual machine monitor.</summary>
public sealed class BootTests
{
    [Test]
    public void TheKernelBootsToTheShellAndRunsPrograms()
    {
        using BootedGuest guest = new();
        guest.RunToPrompt();

        Assert.That(guest.Command("uname -a"), Does.Contain("Lucos lucos 0.1.0"));
        Assert.That(guest.Command("cat /no-such-file"), Does.Contain("no such file or directory"));
        Assert.That(guest.Command("utest"), Does.Contain("failures=0"));
    }

    [Test]
    public void ManyProgramsOneAfterTheOtherRunTheirOwnCode()
    {
        using var guest = new UpdatableGuest();
        for (int round = 0; round < 3; round++)
        {
            Assert.That(guest.Run("ls /bin").Output, Does.Contain("uname"));
            Assert.That(guest.Run("ps").Output, Does.Contain("init"));
            Assert.That(guest.Run("uname -a").Output, Does.Contain("Lucos lucos 0.1.0"));
            Assert.That(guest.Run("cpuburn --rounds 1").Output, Does.Contain("rounds=1 errors=0"));
            Assert.That(guest.Run("reqload --requests 50").Output, Does.Contain("requests=50 lost=0 corrupted=0"));
        }
    }

    [Test]
    public void TheSameSeedAndInputGiveTheSameConsoleTimeAndMemory()
    {
        var first = Transcript(seed: 5);
        Assert.That(Transcript(seed: 5), Is.EqualTo(first));
    }

    [Test]
    public void TranslationsThatAreDroppedAtRandomPointsChangeNothing() =>
        Assert.That(Transcript(seed: 5, dropping: new Random(11)), Is.EqualTo(Transcript(seed: 5)));

    [Test]
    public void AnotherSeedGivesAnotherMemory() =>
        Assert.That(Transcript(seed: 6).Memory, Is.Not.EqualTo(Transcript(seed: 5).Memory));

    [Test]
    public void ABreakpointOnAKernelFunctionStopsWithABacktraceThatNamesIt()
    {
        using var guest = new UpdatableGuest();
        var entry = UpdatableGuest.Kernel.Symbols.FindOnly("sys_write")!.Value;
        var echo = guest.Session.Begin("echo hello");

        guest.RunTo(entry);

        Assert.That(guest.Machine.Backtrace(guest.Machine.Vcpus[0])[0].Symbol, Does.StartWith("sys_write"));
        Assert.That(guest.Session.Finish(echo, UpdatableGuest.Budget).Output, Is.EqualTo("hello\n"));
    }

    private static (string Console, ulong Blocks, ulong Nanoseconds, string Memory) Transcript(ulong seed, Random? dropping = null)
    {
        using BootedGuest guest = new(seed: seed) { Dropping = dropping };
        guest.RunToPrompt();
        guest.Command("ps");
        guest.Command("pipeload --seconds 1");
        return (guest.Console, guest.Machine.Clock.Blocks, guest.Machine.Clock.Now, guest.Machine.HashMemory().Hex);
    }
}
