using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>However stores are intercepted, and whenever state is transferred, the same workload ends with the same results.</summary>
public sealed partial class InterceptionTests
{
    [Test]
    public void EveryMethodAndPointOfTransferCountsTheSame()
    {
        var results = Enum.GetValues<Interception>().Select(method => Counters(method, TransferPoint.EachWrite)).ToList();
        results.Add(Counters(Interception.Service, TransferPoint.Lazy));
        Assert.That(results, Is.All.EqualTo(results[0]));
    }

    [Test]
    public void EveryMethodAndPointOfTransferCarriesTheSameBytes()
    {
        var results = from method in Enum.GetValues<Interception>()
                      from transfer in (TransferPoint[])[TransferPoint.EachWrite, TransferPoint.OnUnlock]
                      select Pipes(method, transfer);
        Assert.That(results.Append(Pipes(Interception.Service, TransferPoint.Lazy)), Is.All.EqualTo("pipeload: bytes=600000 errors=0"));
    }

    [Test]
    public void LazyTransfersAreFewer()
    {
        using var guest = new UpdatableGuest();
        var sleeper = GuestLoad.StartJob(guest, "sleep 1000 | cat");
        Apply(guest, "counters-64", Variant("counters-64", Interception.Service, TransferPoint.Lazy));
        guest.Run("ioload --calls 400");
        var data = guest.Update("counters-64").Data!;
        Assert.That(data.PutOff, Is.GreaterThanOrEqualTo(data.MadeUp).And.Positive);
        Assert.That(data.Transfers, Is.LessThan(data.Intercepted / 100));
        GuestLoad.Wake(guest, sleeper);
    }

    [Test]
    public void LazyTransfersBehindAStepAreRefused([Values(Interception.Step, Interception.Emulate)] Interception method)
    {
        using var guest = new UpdatableGuest();
        var answer = guest.Apply(Variant("counters-64", method, TransferPoint.Lazy));
        Assert.That(answer.Refusal, Is.EqualTo(Refusal.BadPackage));
        Assert.That(answer.Detail, Does.Contain("inside the instruction that reads"));
    }

    // Reads and writes by old and new code at the same time; then the old counters, in which all of it must be.
    private static string Counters(Interception method, TransferPoint transfer)
    {
        using var guest = new UpdatableGuest();
        var load = GuestLoad.Start(guest, ReferenceUpdates.Find("counters-64"));
        guest.Session.RunBlocks(100_000);
        Apply(guest, "counters-64", Variant("counters-64", method, transfer));
        load.Stop();
        Assert.That(guest.Undo("counters-64").Refusal, Is.EqualTo(Refusal.None));
        guest.Run("true");
        guest.AwaitState("counters-64", UpdateState.RolledBack);
        return Bytes().Match(guest.Run("cat /dev/iostat").Output).Value;
    }

    private static string Pipes(Interception method, TransferPoint transfer)
    {
        using var guest = new UpdatableGuest();
        var sleeper = GuestLoad.StartJob(guest, "sleep 1000 | cat");
        var load = guest.Session.Begin("pipeload --bytes 600000");
        guest.Session.RunBlocks(20_000);
        Apply(guest, "pipe-ring", Variant("pipe-ring", method, transfer));
        var said = guest.Session.Finish(load, UpdatableGuest.Budget).Output;
        Assert.That(guest.Update("pipe-ring").Data!.Transfers, Is.GreaterThan(10), "both versions lived while the load ran");
        Assert.That(guest.Undo("pipe-ring").Refusal, Is.EqualTo(Refusal.None));
        GuestLoad.Wake(guest, sleeper);
        guest.AwaitState("pipe-ring", UpdateState.RolledBack);
        return LastLine().Match(said).Value;
    }

    private static void Apply(UpdatableGuest guest, string name, byte[] package)
    {
        var answer = guest.Apply(package);
        Assert.That(answer.Refusal, Is.EqualTo(Refusal.None), answer.Detail);
        Assert.That(guest.Update(name).Data, Has.Property("IsMonitored").True);
    }

    private static byte[] Variant(string name, Interception method, TransferPoint transfer)
    {
        var package = new ForgedPackage(UpdatableGuest.Package(name));
        ForgedPackage.Put(package.Type(0)[ForgedPackage.InterceptionInType..], (uint)method);
        ForgedPackage.Put(package.Type(0)[ForgedPackage.TransferInType..], (uint)transfer);
        return package.Signed();
    }

    [GeneratedRegex(@"read_bytes=\d+ written_bytes=\d+")]
    private static partial Regex Bytes();

    [GeneratedRegex(@"pipeload: bytes=\d+ errors=\d+")]
    private static partial Regex LastLine();
}
