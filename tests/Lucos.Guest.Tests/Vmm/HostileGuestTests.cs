using Lucos.Abi;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A guest that floods the host with hypercalls that make no sense.</summary>
public sealed class HostileGuestTests
{
    [Test]
    public void AFloodOfGarbageHypercallsChangesNothing()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        var text = guest.Guest.CopyReadOnlyMemory();
        var state = guest.ChangeableState;

        Assert.That(guest.Run("insmod /lib/modules/hcgarbage.ko").ExitStatus, Is.Zero);
        var log = guest.Run("dmesg").Output;

        Assert.That(log, Does.Match(@"hcgarbage: calls=[5-9][0-9]{3} refused=[1-9][0-9]{3} ok=[0-9]+"));
        Assert.That(log, Does.Not.Contain("oops"));
        Assert.That(guest.ChangeableState, Is.EqualTo(state));
        Assert.That(guest.Guest.CopyReadOnlyMemory().AsSpan().SequenceEqual(text), Is.True);
        Assert.That(guest.Guest.History.Select(r => r.Refusal), Has.None.EqualTo(Refusal.Internal));
        Assert.That(guest.Run("rmmod hcgarbage").ExitStatus, Is.Zero);
        Assert.That(guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Run("runas 1000 readlog-exploit").Output, Does.StartWith("blocked: 22"));
    }

    [Test]
    public void AProgramCanNotReachTheHost()
    {
        using var guest = new UpdatableGuest();
        var state = guest.ChangeableState;
        var result = guest.Run("hcgarbage");
        Assert.That(result.ExitStatus, Is.Zero, result.Output);
        Assert.That(result.Output, Does.Contain("attempts=4 refused=4").And.Contain("out: killed by signal"));
        Assert.That(guest.Console, Does.Not.Contain("Kernel oops"));
        Assert.That(guest.ChangeableState, Is.EqualTo(state));
    }
}
