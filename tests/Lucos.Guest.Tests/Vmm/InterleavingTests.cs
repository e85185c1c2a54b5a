using System.Globalization;
using Lucos.Abi;
using Lucos.Vmm;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// The same claims over numbers of processors and seeds, each of which is another interleaving. A few are tried by default;
/// <c>LUCOS_TEST_SEEDS=20</c> tries seeds 1 to 20 with 1, 2, 4 and 8 processors.
/// </summary>
public sealed class InterleavingTests
{
    private const string Variable = "LUCOS_TEST_SEEDS";

    private static readonly int[] s_processors = [1, 2, 4, 8];

    [TestCaseSource(nameof(Interleavings))]
    public void TheKernelsOwnTestsPass(int cpus, ulong seed)
    {
        using BootedGuest guest = new("console=ttyS0 ktest", seed, cpus: cpus);
        Assert.That(guest.Run(), Is.EqualTo(new MachineStop.PowerOff(0)), guest.Console);
        Assert.That(guest.Console, Does.Contain(", 0 failed"));
        Assert.That(guest.Console, cpus == 1 ? Does.Not.Contain("smp:") : Does.Contain($"smp: {cpus} CPUs").And.Not.Contain("needs more CPUs"));
    }

    [TestCaseSource(nameof(Interleavings))]
    public void ProgramsAndWorkloadsRunClean(int cpus, ulong seed)
    {
        using var guest = new UpdatableGuest(seed, cpus);
        Assert.That(guest.Run("nproc").Output, Is.EqualTo($"{cpus}\n"));
        Assert.That(guest.Run("utest").Output, Does.Contain("failures=0"));
        guest.Run("pipeload --bytes 100000 & forkstorm --forks 20 & cpuburn --rounds 2 &");
        guest.Run("reqload --requests 200");
        guest.Run("wait");
        Assert.That(guest.Console, Does.Contain("reqload: requests=200 lost=0 corrupted=0").And.Contain("pipeload: bytes=100000 errors=0")
            .And.Contain("forkstorm: forks=20 errors=0").And.Contain("cpuburn: rounds=2 errors=0"));
    }

    /// <summary>The Update Manager parks the other processors, whatever they run, and they go on afterwards.</summary>
    [TestCaseSource(nameof(Interleavings))]
    public void UpdatesAreAppliedAndUndoneWhileTheOthersWork(int cpus, ulong seed)
    {
        using var guest = new UpdatableGuest(seed, cpus);
        var before = guest.CopyCode();
        guest.Run("pipeload & reqload & forkstorm &");
        foreach (string name in (string[])["fix-readlog", "tick-watch", "pipe-stats"])
        {
            Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None), name);
            Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None), name);
            guest.Session.Await($"{name}'s memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
        }

        Assert.That(guest.Run("kill -TERM $!; nproc").Output, Does.Match($@"(?m)^{cpus}\s*$"));
        Assert.That(guest.Console, Does.Not.Contain("oops").And.Not.Contain("panic"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    private static IEnumerable<object[]> Interleavings() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wanted
        ? from cpus in s_processors from seed in Seeds(wanted) select new object[] { cpus, seed }
        : [[1, 4UL], [2, 1UL], [4, 2UL], [8, 3UL]];

    private static IEnumerable<ulong> Seeds(string wanted) => int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
        ? Enumerable.Range(1, count).Select(seed => (ulong)seed)
        : throw new InvalidOperationException($"{Variable} is '{wanted}'; it must be the number of seeds to try, such as 20");
}
