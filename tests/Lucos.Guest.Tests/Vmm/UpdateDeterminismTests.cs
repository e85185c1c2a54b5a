using Lucos.Abi;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Updates are part of what the seed and the input decide.</summary>
public sealed class UpdateDeterminismTests
{
    [Test]
    public void SameSeedSameRunWithALoadAnUpdateAndItsUndo()
    {
        var first = Transcript(seed: 7);
        Assert.That(Transcript(seed: 7), Is.EqualTo(first));
    }

    [Test]
    public void AForkOfTheSharedBootRunsAsAGuestWithABootOfItsOwn()
    {
        using var booted = UpdatableGuest.Boot(seed: 7);
        using var forked = new UpdatableGuest(seed: 7);
        Assert.That(Work(forked), Is.EqualTo(Work(booted)));
    }

    [Test]
    public void AnotherSeedIsAnotherRun()
    {
        var (console, _, memory) = Transcript(seed: 8);
        var other = Transcript(seed: 7);
        Assert.That(memory, Is.Not.EqualTo(other.Memory));
        Assert.That(console, Is.Not.EqualTo(other.Console), "the secret comes from the seed, and the exploit prints it");
    }

    private static (string Console, ulong Blocks, string Memory) Transcript(ulong seed)
    {
        using var guest = UpdatableGuest.Boot(seed);
        var (blocks, memory) = Work(guest);
        return (guest.Console, blocks, memory);
    }

    private static (ulong Blocks, string Memory) Work(UpdatableGuest guest)
    {
        guest.Run("reqload --requests 100 &");
        guest.Run("runas 1000 readlog-exploit");
        Assert.That(guest.Apply("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-stats", UpdateState.Finished);
        guest.Run("pipeload --seconds 1");
        Assert.That(guest.Undo("pipe-stats").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-stats", UpdateState.RolledBack);
        return (guest.Guest.Blocks, guest.Machine.HashMemory().Hex);
    }
}
