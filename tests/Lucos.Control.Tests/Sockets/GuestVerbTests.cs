using System.Text.Json.Nodes;
using Lucos.Control.Results;
using Lucos.Control.Sockets;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Tests.Sockets;

/// <summary>What operators ask of a guest besides updates.</summary>
[NonParallelizable]
[CancelAfter(20_000)]
public sealed class GuestVerbTests : ServedGuestTests
{
    [Test]
    public async Task InfoTellsRegistersAndBacktracesAndWhoHoldsTheGuest(CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var running = await client.AskAsync("info", null, cancel);
        await Served.Host.PauseAsync("debugger");
        await client.AskAsync("pause", null, cancel);
        var paused = await client.AskAsync("info", null, cancel);

        Assert.That((string?)running["state"], Is.EqualTo("running"));
        Assert.That((string?)paused["state"], Is.EqualTo("paused"));
        Assert.That(paused["holders"]!.ToJsonString(), Is.EqualTo("""["debugger","operator"]"""));
        Assert.That((string?)paused["name"], Is.EqualTo("test"));
        Assert.That((string?)paused["processors"]![0]!["registers"]!["rip"], Is.EqualTo("0xffffffff80100000"));
        Assert.That((string?)paused["processors"]![0]!["backtrace"]![0]!["symbol"], Is.EqualTo("idle+0x0"));
    }

    [Test]
    public async Task APausedGuestStandsStillForEveryClientUntilItIsResumed(CancellationToken cancel)
    {
        await using var first = await ControlClient.ConnectAsync("test", cancel);
        await using var second = await ControlClient.ConnectAsync("test", cancel);
        var blocks = (ulong?)(await first.AskAsync("pause", null, cancel))["blocks"];
        Assert.That((ulong?)(await second.AskAsync("status", null, cancel))["blocks"], Is.EqualTo(blocks));
        Assert.That((string?)(await second.AskAsync("resume", null, cancel))["state"], Is.EqualTo("running"));
        while ((ulong?)(await first.AskAsync("status", null, cancel))["blocks"] == blocks)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    [Test]
    public async Task AGuestThatSomebodyElseHoldsStaysPausedWhenTheOperatorResumesIt(CancellationToken cancel)
    {
        await Served.Host.PauseAsync("debugger");
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var answer = await client.AskAsync("resume", null, cancel);
        Assert.That((string?)answer["state"], Is.EqualTo("paused"));
        Assert.That(answer["holders"]!.ToJsonString(), Is.EqualTo("""["debugger"]"""));
    }

    [Test]
    public async Task ASnapshotIsWrittenWhereItIsAskedForAndTheGuestRunsOn(CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var file = Path.Combine(SocketPath.Folder, "guest.snapshot");
        var answer = await client.SnapshotAsync(file, cancel);
        var blocks = (ulong?)answer["blocks"];
        Assert.That(await File.ReadAllTextAsync(file, cancel), Is.EqualTo($"{blocks}"));
        while ((ulong?)(await client.AskAsync("status", null, cancel))["blocks"] == blocks)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    [TestCase("relative.snapshot", ExitCode.Usage, "bad-request")]
    [TestCase("/nowhere/guest.snapshot", ExitCode.Usage, "cannot-write")]
    public async Task ASnapshotThatCanNotBeWrittenIsRefused(string path, ExitCode code, string reason, CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var refused = await Assert.ThrowsAsync<LucosException>(() => client.SnapshotAsync(path, cancel));
        Assert.That((refused!.Code, refused.Reason), Is.EqualTo((code, reason)));
    }

    [Test]
    public async Task ASnapshotThatCanNotBeTakenIsRefusedWithItsReason(CancellationToken cancel)
    {
        Served.Guest.SnapshotFailure = new SnapshotException("machine-ended: it stopped for good");
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        var refused = await Assert.ThrowsAsync<LucosException>(() => client.SnapshotAsync(Path.Combine(SocketPath.Folder, "x"), cancel));
        Assert.That((refused!.Code, refused.Reason), Is.EqualTo((ExitCode.Refused, "machine-ended")));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task AStoppedGuestHasAnsweredFirstAndItsNameIsFreeWhenTheConnectionEnds(bool paused, CancellationToken cancel)
    {
        await using var client = await ControlClient.ConnectAsync("test", cancel);
        if (paused)
        {
            await client.AskAsync("pause", null, cancel);
        }

        Assert.That((bool?)(await client.AskAsync("stop", null, cancel))["stopping"], Is.True);
        Assert.That((await Served.Host.Ended.WaitAsync(cancel)).CanRunOn, Is.True, "it stands where it was");
        await Served.Server.StopAsync(cancel);
        await client.ClosedAsync(cancel);
        Assert.That(File.Exists(Served.Server.Path), Is.False);
    }
}
