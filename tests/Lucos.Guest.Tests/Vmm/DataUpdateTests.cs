using Lucos.Abi;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Updates of data on the real guest: both versions live while somebody sleeps in old code.</summary>
public sealed class DataUpdateTests
{
    [Test]
    public void PipesAreWidenedWhileAReaderSleepsInOneAndNarrowedAgain()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");

        Assert.That(guest.Apply("pipe-wide").Refusal, Is.EqualTo(Refusal.None));

        var coexisting = guest.Update("pipe-wide");
        Assert.That((coexisting.State, coexisting.Data!.IsMonitored, coexisting.Stubs), Is.EqualTo((UpdateState.Draining, true, 1)));
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));
        Assert.That(guest.Update("pipe-wide").Data!.Transfers, Is.GreaterThan(coexisting.Data.Transfers));
        guest.AwaitState("pipe-wide", UpdateState.Finished);
        Assert.That(guest.Update("pipe-wide").Data, Has.Property("IsMonitored").False);
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));

        Assert.That(guest.Undo("pipe-wide").Refusal, Is.EqualTo(Refusal.None));
        guest.AwaitState("pipe-wide", UpdateState.RolledBack);
        guest.Session.Await("the module's memory to be freed", () => guest.Update("pipe-wide").MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.Run("echo through | cat").Output, Does.EndWith("through\n"));
        Assert.That(guest.HasCode(before), Is.True);
    }

    [Test]
    public void TransferThatFailsWhileBothLiveLeavesTheOldPipesRunning()
    {
        using var guest = new UpdatableGuest();
        var before = guest.CopyCode();
        guest.Run("sleep 3 | cat &");
        guest.Apply("pipe-wide-fails");
        guest.Run($"echo {new string('x', 150)} | cat");

        guest.AwaitState("pipe-wide-fails", UpdateState.RolledBack);
        Assert.That(guest.Update("pipe-wide-fails").Refusal, Is.EqualTo(Refusal.TransferFailed).Or.EqualTo(Refusal.Incoherent));
        Assert.That(guest.Update("pipe-wide-fails").Detail, Does.Contain("what new code wrote there is lost"));
        Assert.That(guest.Run("echo again | cat").Output, Does.EndWith("again\n"));
        guest.Session.Await("the module's memory to be freed", () => guest.Update("pipe-wide-fails").MemoryReleased, UpdatableGuest.Budget);
        Assert.That(guest.HasCode(before), Is.True);
    }
}
