using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Updates;

/// <summary>
/// The same recorded workload, from the same snapshot, with an update that is applied and undone while it runs, and without: behind it all of RAM is the
/// same, byte for byte, but for what is named here with its reason.
/// </summary>
public sealed class UndoneMemoryTests
{
    // Somebody sleeps in these from before the update until behind its undo, so that both versions of their data live all the while.
    private static readonly Sleeper s_sleeper = new("sleep 1000 | cat", "cat", "pipe_read");
    private static readonly string[] s_sleptIn = ["pipe-ring", "pipe-wide", "counters-64", "counters-64-lazy", "file-rate"];

    private static readonly (string Name, string Load)[] s_runs =
    [
        ("fix-readlog", "reqload --requests 600"),
        ("pipe-ring", "pipeload --bytes 600000"),
        ("pipe-wide", "pipeload --bytes 600000"),
        ("counters-64", "ioload --calls 20000"),
        ("counters-64-lazy", "ioload --calls 20000"),
        ("file-rate", "reqload --requests 600"),
        ("file-rate-shadow", "reqload --requests 600"),
        ("lock-order", "auditload --clients 4 --lines 500"),
        ("tick-handler", "cpuburn --rounds 20"),
        ("kstat-peaks", "cpuburn --rounds 20"),
        ("sched-arrays", "forkstorm --forks 400"),
        ("pipe-flags", "streamload --bytes 600000"),
        ("vmalloc-owners", "forkstorm --forks 400"),
        ("entry-hash", "nameload --names 4800"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void UndoneUpdateLeavesMemoryAsTheWorkloadAloneDoes(string name, string load, int cpus)
    {
        using var booted = new UpdatableGuest(seed: 3, cpus);
        booted.Run(load);
        var isSleptIn = s_sleptIn.Contains(name);
        if (isSleptIn)
        {
            s_sleeper.Start(booted);
        }

        using var snapshot = booted.Guest.TakeSnapshot();
        using var without = new UpdatableGuest(snapshot);
        using var with = new UpdatableGuest(snapshot);

        var expected = RunLoad(without, load, () => { });
        var found = RunLoad(with, load, () => ApplyAndUndo(with, name, isSleptIn));

        Assert.That(found, Is.EqualTo(expected), "what the load said");
        var regions = new MemoryRegions(with.Machine, UpdatableGuest.Kernel);
        var users = new MemoryRegions(without.Machine, UpdatableGuest.Kernel).Users;
        Assert.That(regions.Users.Pages, Is.EqualTo(users.Pages), "what processes have in their address spaces");
        if (cpus > 1)
        {
            regions.Exchangeable.UnionWith(regions.Users.Frames.Union(users.Frames));
        }

        var differences = regions.Differences(Memory(without), Memory(with));
        TestContext.Out.WriteLine(string.Join('\n', differences.Select(d => $"{d.Key}: {d.Value}")));
        var explained = ExplainedDifferences.Of(cpus).Concat(ByTheLoad(load));
        Assert.That(differences.Keys.Except(explained), Is.Empty);
        Assert.That(KernelMemoryUse.Of(with), Is.EqualTo(KernelMemoryUse.Of(without)));
    }

    [Test]
    public void UpdateThatIsNotUndoneIsSeen()
    {
        using var booted = new UpdatableGuest();
        using var snapshot = booted.Guest.TakeSnapshot();
        using var without = new UpdatableGuest(snapshot);
        using var with = new UpdatableGuest(snapshot);

        Assert.That(with.Apply("counters-64").Refusal, Is.EqualTo(Refusal.None));

        var differences = new MemoryRegions(with.Machine, UpdatableGuest.Kernel).Differences(Memory(without), Memory(with));
        Assert.That(differences.Keys, Has.Some.EqualTo("text: sys_read").And.Some.StartsWith("counters-64: ").And.Some.EqualTo("data: page_free_count"));
    }

    // How many reads and writes a load takes, and the order in which its processes write, depend on when each of them runs.
    private static string[] ByTheLoad(string load) => load.Split(' ')[0] switch
    {
        "pipeload" or "streamload" or "reqload" => ["data: io_counters"],
        "auditload" => ["data: io_counters", "data: audit_ring"],
        _ => [],
    };

    private static IEnumerable<object[]> Cases() =>
        from cpus in (int[])[1, 4]
        from run in s_runs
        select new object[] { run.Name, run.Load, cpus };

    private static string RunLoad(UpdatableGuest guest, string load, Action meanwhile)
    {
        var console = guest.Console.Length;
        var begun = guest.Session.Begin(load);
        guest.Session.RunBlocks(200_000);
        meanwhile();
        Assert.That(guest.Console[console..], Does.Not.Contain("errors="), "the load has ended before the update was undone");
        var said = guest.Session.Finish(begun, UpdatableGuest.Budget).Output.Split('\n').Single(line => line.StartsWith($"{load.Split(' ')[0]}: ", StringComparison.Ordinal));
        guest.Run("true");
        guest.Session.RunBlocks(50_000);
        return said;
    }

    private static void ApplyAndUndo(UpdatableGuest guest, string name, bool isSleptIn)
    {
        Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None));
        guest.Session.RunBlocks(50_000);
        var applied = guest.Update(name);
        TestContext.Out.WriteLine($"{applied.State}, {applied.Data?.Transfers} transfers, {applied.Data?.PutOff} put off");
        Assert.That(!isSleptIn || applied.Data is { IsMonitored: true, Transfers: > 0 }, Is.True, "both versions live, and are written");
        Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None));
    }

    private static ReadOnlySpan<byte> Memory(UpdatableGuest guest) => guest.Machine.Memory.Span(new GuestPhysicalAddress(0), (int)guest.Machine.Memory.Size);
}
