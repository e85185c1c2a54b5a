namespace Lucos.Guest.Tests.Commands;

/// <summary>Operators who go, or end the guest, while an update is under way: all as processes.</summary>
[CancelAfter(60_000)]
public sealed class UpdateInterruptionTests : ProcessTests
{
    [Test]
    public async Task ClientThatIsKilledWhileItWaitsLeavesTheUpdateToTheGuest(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepInPipeAsync(run, cancel);
        using (var client = LucosProcess.Start(Folder, "update", "apply", "pipe-ring"))
        {
            await SeeStatusAsync("draining", cancel);
            await client.SignalAsync("KILL", cancel);
            await client.EndAsync(cancel);
        }

        Assert.That((await LucosAsync(cancel, "update", "status")).Output, Does.Contain("draining").And.Contain("(cat) in pipe_read"));
        await run.TypeAsync("echo still here | cat\n");
        await run.SeeAsync("\nstill here", cancel);
        Assert.That((await LucosAsync(cancel, "update", "cancel", "pipe-ring")).Code, Is.Zero, "others may go on with it");
        Assert.That((await LucosAsync(cancel, "uname")).Output.Trim(), Is.EqualTo("0.1.0"));
    }

    [Test]
    public async Task GuestIsStoppedWhileAnUpdateDrains(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepInPipeAsync(run, cancel);
        Assert.That((await LucosAsync(cancel, "update", "apply", "pipe-ring", "--no-wait")).Code, Is.Zero);
        await SeeStatusAsync("draining", cancel);
        await StopAsync(run, cancel);
    }

    [Test]
    public async Task GuestIsStoppedWhileAnUpdateIsRolledBack(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        Assert.That((await LucosAsync(cancel, "update", "apply", "pipe-ring")).Code, Is.Zero);
        await SleepInPipeAsync(run, cancel);
        using var undo = LucosProcess.Start(Folder, "update", "undo", "pipe-ring");
        await SeeStatusAsync("rolling-back", cancel);
        await StopAsync(run, cancel);
        var (code, errors) = await undo.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(7), errors);
        Assert.That(errors, Does.Contain("guest-unreachable").Or.Contain("guest-ended"));
    }

    private static async Task SleepInPipeAsync(LucosProcess run, CancellationToken cancel)
    {
        await run.TypeAsync("sleep 1000 | cat &\necho slept\n");
        await run.SeeAsync(Prompt + "slept", cancel);
    }

    private async Task StopAsync(LucosProcess run, CancellationToken cancel)
    {
        Assert.That((await LucosAsync(cancel, "guest", "stop")).Code, Is.Zero);
        Assert.That((await run.EndAsync(cancel)).Code, Is.Zero);
        Assert.That(Directory.GetFiles(Path.Combine(Folder, "lucos")), Is.Empty);
    }

    private async Task SeeStatusAsync(string state, CancellationToken cancel)
    {
        while (!(await LucosAsync(cancel, "update", "status")).Output.Contains(state, StringComparison.Ordinal))
        {
            cancel.ThrowIfCancellationRequested();
        }
    }
}
