using System.Globalization;
using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>The coherence ledger of data that is carried over lazily: transfers are checked when they are made, long after the stores that they carry over.</summary>
public sealed partial class LazyLedgerTests
{
    private const string Sound = "counters-64-lazy";
    private const string Forgetful = "counters-64-forgets";

    /// <summary>Shell, load and the thread that sleeps in old code all count exactly, in both versions, while each store is kept and each transfer checked.</summary>
    [TestCase(1)]
    [TestCase(4)]
    public void SoundLazyTransfersPassWhileBothVersionsAreWritten(int cpus)
    {
        using var guest = new UpdatableGuest(cpus: cpus);
        var load = guest.Session.Begin("ioload --calls 4000 > /tmp/io");
        guest.Session.RunBlocks(100_000);
        Apply(guest, Sound, verify: true);
        guest.Session.Finish(load, UpdatableGuest.Budget);

        var update = guest.Update(Sound);
        Assert.That(update.Data!.LedgerEntries, Is.GreaterThan(0UL).And.EqualTo(update.Data.Intercepted - update.Data.FalseSharing), "each store is kept");
        Assert.That(update.Data.PutOff, Is.Positive);
        Assert.That(guest.Run("cat /tmp/io").Output, Is.EqualTo("ioload: calls=24000 errors=0\n"));
        Assert.That(guest.Undo(Sound).Refusal, Is.EqualTo(Refusal.None));
        guest.Run("true");
        guest.AwaitState(Sound, UpdateState.RolledBack);
        Assert.That(guest.Update(Sound).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(guest.Run("ioload --calls 100").Output, Does.Contain("ioload: calls=600 errors=0"));
    }

    /// <summary>New code writes thousands of times; then a thread comes back in old code and is about to count.</summary>
    [Test]
    public void LossIsFoundWhenOldCodeIsAboutToReadAndTheNewestWriteIsNamed()
    {
        using var guest = new UpdatableGuest();
        guest.Run("sh -c \"sleep 2; echo late\" | cat > /tmp/late &");
        Apply(guest, Forgetful, verify: true);
        guest.Run("ioload --calls 6000 > /tmp/io");
        Assert.That(guest.Update(Forgetful).State, Is.EqualTo(UpdateState.Draining), "nobody has read what is lost");

        guest.Session.Await("the loss to be found", () => guest.Update(Forgetful).State != UpdateState.Draining, UpdatableGuest.Budget);

        var update = guest.Update(Forgetful);
        Assert.That(update.Refusal, Is.EqualTo(Refusal.Incoherent));
        var named = NamedWrite().Match(update.Detail);
        Assert.That(named.Success, update.Detail);
        var last = guest.Guest.Ledger(update.Id).Last(write => write.IsNew);
        Assert.That(
            (last.Size, last.IsNew, last.Offset, last.Rip, last.Cpu, last.Block),
            Is.EqualTo((8, true, (uint)Hex(named.Groups[1]), Hex(named.Groups[2]), 0, ulong.Parse(named.Groups[3].Value, CultureInfo.InvariantCulture))));
        Assert.That(guest.Guest.DescribeCode(last.Rip, update.Id), Does.StartWith($"{Forgetful}:sys_write+"));
        Assert.That(guest.Run("wait; cat /tmp/late").Output, Does.EndWith("late\n"), "who stood in old code goes on");
        guest.AwaitState(Forgetful, UpdateState.RolledBack);
        Assert.That(guest.Console, Does.Not.Contain("oops"));
        Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo(guest.Guest.BootedVersion));
    }

    /// <summary>Nobody reads it in old code at all: who sleeps there is killed.</summary>
    [Test]
    public void LossIsFoundAtTheLatestWhenTheDataIsRetired()
    {
        using var guest = new UpdatableGuest();
        var sleeper = GuestLoad.StartJob(guest, "sleep 1000 | cat");
        Apply(guest, Forgetful, verify: true);
        guest.Run("ioload --calls 6000 > /tmp/io");
        GuestLoad.Wake(guest, sleeper);

        guest.AwaitState(Forgetful, UpdateState.RolledBack);

        Assert.That(guest.Update(Forgetful).Detail, Does.Match(NamedWrite()));
        Assert.That(guest.Guest.EffectiveVersion, Is.EqualTo(guest.Guest.BootedVersion));
    }

    [Test]
    public void LossIsFoundByNobodyWithoutTheLedger()
    {
        using var guest = new UpdatableGuest();
        var sleeper = GuestLoad.StartJob(guest, "sleep 1000 | cat");
        Apply(guest, Forgetful, verify: false);
        guest.Run("ioload --calls 6000 > /tmp/io");
        GuestLoad.Wake(guest, sleeper);

        guest.AwaitState(Forgetful, UpdateState.Finished);
    }

    private static void Apply(UpdatableGuest guest, string name, bool verify)
    {
        var answer = guest.Answer(guest.Guest.Submit(RequestKind.Apply, name, UpdatableGuest.Package(name), verify));
        Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        Assert.That(guest.Update(name).State, Is.EqualTo(UpdateState.Draining), "somebody is in old code");
    }

    private static ulong Hex(Group digits) => ulong.Parse(digits.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"loses the field at \+0x4: .*; what new code wrote there is lost; 8 bytes written to the new version \+0x([0-9a-f]+) at 0x([0-9a-f]+), vCPU 0, block ([0-9]+)$")]
    private static partial Regex NamedWrite();
}
