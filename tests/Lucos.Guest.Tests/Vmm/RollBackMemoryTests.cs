using Lucos.Abi;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>What an update leaves in memory after its undo.</summary>
public sealed class RollBackMemoryTests
{
    [TestCase("fix-readlog", null)]
    [TestCase("tick-watch", null)]
    [TestCase("pipe-ring", null)]
    [TestCase("counters-64", null)] // the shell sleeps in it
    [TestCase("pipe-ring", "sleep 1000 | cat")]
    [TestCase("file-rate", "sleep 1000 | cat")]
    public void RollBackLeavesTracesOnlyInStacksLogAndClocks(string name, string? sleeper)
    {
        using var guest = new UpdatableGuest();
        if (sleeper is not null)
        {
            guest.Run($"{sleeper} &");
        }

        guest.Session.RunBlocks(10_000);
        var before = CopyMemory(guest);

        Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None));
        var applied = CopyMemory(guest);
        Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None));
        guest.Session.Await("the module's memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
        guest.Session.RunBlocks(10_000);
        var after = CopyMemory(guest);

        var regions = new MemoryRegions(guest.Machine, UpdatableGuest.Kernel);
        var differences = regions.Differences(before, after);
        TestContext.Out.WriteLine(string.Join('\n', differences.Select(d => $"{d.Key}: {d.Value}")));
        Assert.That(regions.Differences(before, applied).Keys, Has.Some.StartsWith("text: "), "the update did change the text");
        Assert.That(differences.Keys, Is.SubsetOf(ExplainedDifferences.Of(cpus: 1)));
    }

    private static byte[] CopyMemory(UpdatableGuest guest) =>
        guest.Machine.Memory.Span(new GuestPhysicalAddress(0), (int)guest.Machine.Memory.Size).ToArray();
}
