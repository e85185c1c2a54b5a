using Lucos.Abi;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Well-formed packages that must not be applied now, by both entrances, and their siblings that may be.</summary>
public sealed class RefusedUpdateTests
{
    private UpdatableGuest _guest = null!;

    [OneTimeSetUp]
    public void Boot() => _guest = new UpdatableGuest();

    [OneTimeTearDown]
    public void PutAway() => _guest.Dispose();

    [TestCase("startup-fails", Refusal.StartupFailed, "startup")]
    [TestCase("needs-missing-dependency", Refusal.DependencyMissing, "no-such-update")]
    [TestCase("fix-readlog-2", Refusal.DependencyMissing, "fix-readlog")]
    public void AnUpdateThatCanNotBeIsRefusedAndNothingChanges(string name, Refusal refusal, string named)
    {
        var code = _guest.CopyCode();
        var state = _guest.ChangeableState;

        var byOperator = _guest.Apply(name);
        var inGuest = _guest.Driver.AskInGuest(RequestKind.Apply, $"/updates/{name}.lup", UpdatableGuest.Budget);

        Assert.That(byOperator.Refusal, Is.EqualTo(refusal), byOperator.Detail);
        Assert.That(byOperator.Detail, Does.Contain(named));
        Assert.That(inGuest.Refusal, Is.EqualTo(refusal), inGuest.Detail);
        Assert.That(inGuest.Detail, Does.Contain(named));
        Assert.That(_guest.ChangeableState, Is.EqualTo(state));
        Assert.That(_guest.HasCode(code), Is.True);
    }

    [Test]
    public void AConflictIsRefusedWhicheverComesFirst()
    {
        Assert.That(_guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        var second = _guest.Apply("conflicts-with-fix-readlog");
        Assert.That(second.Refusal, Is.EqualTo(Refusal.Conflict), second.Detail);
        Assert.That(second.Detail, Does.Contain("fix-readlog"));
        Assert.That(_guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));

        Assert.That(_guest.Apply("conflicts-with-fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        var other = _guest.Apply("fix-readlog");
        Assert.That(other.Refusal, Is.EqualTo(Refusal.Conflict), other.Detail);
        Assert.That(_guest.Undo("conflicts-with-fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Guest.EffectiveVersion, Is.EqualTo(_guest.Guest.BootedVersion));
    }

    [Test]
    public void AnAppliedUpdateIsRefusedASecondTime()
    {
        Assert.That(_guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        var code = _guest.CopyCode();

        var again = _guest.Apply("fix-readlog");

        Assert.That(again.Refusal, Is.EqualTo(Refusal.AlreadyApplied), again.Detail);
        Assert.That(_guest.HasCode(code), Is.True);
        Assert.That(_guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
    }

    [Test]
    public void UndoOfWhatIsNotAppliedIsRefused()
    {
        var undo = _guest.Undo("tick-watch");
        Assert.That(undo.Refusal, Is.EqualTo(Refusal.NoSuchUpdate), undo.Detail);
        Assert.That(undo.Detail, Does.Contain("tick-watch"));
        Assert.That(_guest.Driver.AskInGuest(RequestKind.Undo, "tick-watch", UpdatableGuest.Budget).Refusal, Is.EqualTo(Refusal.NoSuchUpdate));
    }

    [Test]
    public void AStackedUpdateMustGoFirst()
    {
        var before = _guest.CopyCode();
        Assert.That(_guest.Apply("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Apply("fix-readlog-2").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Run("uname -r").Output.Trim(), Is.EqualTo($"{_guest.Guest.BootedVersion}+fix-readlog+fix-readlog-2"));
        var stacked = _guest.CopyCode();

        var wrong = _guest.Undo("fix-readlog");

        Assert.That(wrong.Refusal, Is.EqualTo(Refusal.UndoOrder), wrong.Detail);
        Assert.That(wrong.Detail, Does.Contain("fix-readlog-2"));
        Assert.That(_guest.HasCode(stacked), Is.True);
        Assert.That(_guest.Run("runas 1000 readlog-exploit").Output, Does.Contain("blocked: 22"));
        Assert.That(_guest.Undo("fix-readlog-2").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Run("runas 1000 readlog-exploit").Output, Does.Contain("blocked: 22"));
        Assert.That(_guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Run("runas 1000 readlog-exploit").Output, Does.Contain("leaked: lucos-secret-"));
        Assert.That(_guest.HasCode(before), Is.True);
    }
}
