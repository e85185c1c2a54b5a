namespace Lucos.Guest.Tests.Vmm;

/// <summary>The guest kernel on machines of several processors.</summary>
public sealed class SeveralProcessorsTests
{
    [Test]
    public void TheSameSeedGivesTheSameRun()
    {
        var first = Transcript(seed: 5);
        Assert.That(Transcript(seed: 5), Is.EqualTo(first));
        Assert.That(Transcript(seed: 6).Memory, Is.Not.EqualTo(first.Memory));
    }

    [TestCase("nosmp")]
    [TestCase("maxcpus=1")]
    public void OneProcessorIsUsedWhenTheCommandLineSaysSo(string option)
    {
        using BootedGuest guest = new($"console=ttyS0 {option}", cpus: 4);
        string boot = guest.RunToPrompt();

        Assert.That(boot, Does.Not.Contain("smp:"));
        Assert.That(guest.Command("nproc"), Does.Contain("\n1\r\n"));
    }

    private static (string Console, ulong Blocks, ulong Nanoseconds, string Memory) Transcript(ulong seed)
    {
        using BootedGuest guest = new(seed: seed, cpus: 3);
        guest.RunToPrompt();
        guest.Command("ps");
        guest.Command("pipeload --bytes 50000");
        return (guest.Console, guest.Machine.Clock.Blocks, guest.Machine.Clock.Now, guest.Machine.HashMemory().Hex);
    }
}
