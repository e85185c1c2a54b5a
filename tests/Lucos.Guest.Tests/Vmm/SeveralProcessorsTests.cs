using Lucos.Abi;
using Lucos.Vmm;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>The guest kernel on machines of several processors.</summary>
public sealed class SeveralProcessorsTests
{
    [TestCase(2, 1UL)]
    [TestCase(4, 2UL)]
    [TestCase(8, 3UL)]
    public void TheKernelsOwnTestsPass(int cpus, ulong seed)
    {
        using BootedGuest guest = new("console=ttyS0 ktest", seed, cpus: cpus);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)), guest.Console);
        Assert.That(guest.Console, Does.Contain($"smp: {cpus} CPUs").And.Contain(", 0 failed").And.Not.Contain("needs more CPUs"));
    }

    [TestCase(2, 1UL)]
    [TestCase(4, 2UL)]
    [TestCase(8, 3UL)]
    public void ProgramsAndWorkloadsRunClean(int cpus, ulong seed)
    {
        using BootedGuest guest = new(seed: seed, cpus: cpus);
        guest.RunToPrompt();

        Assert.That(guest.Command("nproc"), Does.Contain($"\n{cpus}\r\n"));
        Assert.That(guest.Command("utest"), Does.Contain("failures=0"));
        guest.Command("pipeload --bytes 100000 & forkstorm --forks 20 & cpuburn --rounds 2 &");
        string requests = guest.Command("reqload --requests 200");
        string console = requests + guest.Command("wait");
        Assert.That(console, Does.Contain("reqload: requests=200 lost=0 corrupted=0").And.Contain("pipeload: bytes=100000 errors=0")
            .And.Contain("forkstorm: forks=20 errors=0").And.Contain("cpuburn: rounds=2 errors=0"));
    }

    /// <summary>The Update Manager parks the other processors, whatever they run, and they go on afterwards.</summary>
    [TestCase(2, 1UL)]
    [TestCase(4, 2UL)]
    public void UpdatesAreAppliedAndUndoneWhileTheOthersWork(int cpus, ulong seed)
    {
        using var guest = new UpdatableGuest(seed, cpus);
        guest.Run("pipeload & reqload & forkstorm &");
        foreach (string name in (string[])["fix-readlog", "tick-watch", "pipe-stats"])
        {
            Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None), name);
            Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None), name);
            guest.Session.Await($"{name}'s memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
        }

        Assert.That(guest.Run("kill -TERM $!; nproc").Output, Does.Match($@"(?m)^{cpus}\s*$"));
        Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"));
    }

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
