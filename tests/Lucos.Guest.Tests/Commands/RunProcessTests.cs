using System.Text.Json.Nodes;

namespace Lucos.Guest.Tests.Commands;

/// <summary><c>lucos run</c> and the operator's commands as processes, as users start them.</summary>
[CancelAfter(40_000)]
public sealed class RunProcessTests : ProcessTests
{
    [TestCase("triple", "triple fault")]
    [TestCase("panic", "the kernel panicked")]
    public async Task ADeadGuestIsReportedWithRegistersAndBacktraceAndExitsWith7(string how, string cause, CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await run.TypeAsync($"crash {how}\n");
        var (code, errors) = await run.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(7), errors);
        Assert.That(errors, Does.Contain(cause).And.Contain("rip ffffffff8").And.Contain("cr2 ").And.Contain("backtrace:").And.Contain("crash_write"));
    }

    [Test]
    public async Task PowerOffEndsWith0(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await run.TypeAsync("uname -r\npoweroff\n");
        var (code, errors) = await run.EndAsync(cancel);
        Assert.That(code, Is.Zero, errors);
        Assert.That(run.Output, Does.Contain("0.1.0"));
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public async Task ASignalEndsItWith130AndTakesTheSocketAway(string signal, CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await run.SeeAsync(Prompt, cancel);
        await run.SignalAsync(signal, cancel);
        Assert.That((await run.EndAsync(cancel)).Code, Is.EqualTo(130));
        Assert.That(Directory.GetFiles(Folder, "*.sock", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task TheNextGuestClearsTheSocketOfOneThatWasKilled(CancellationToken cancel)
    {
        using (var killed = LucosProcess.Start(Folder, "run"))
        {
            await killed.SeeAsync(Prompt, cancel);
            await killed.SignalAsync("KILL", cancel);
            await killed.EndAsync(cancel);
        }

        Assert.That(Directory.GetFiles(Folder, "*.sock", SearchOption.AllDirectories), Has.Length.EqualTo(1));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname")).Code, Is.EqualTo(7));
        using var next = LucosProcess.Start(Folder, "run");
        await next.SeeAsync(Prompt, cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname")).Output, Is.EqualTo("0.1.0\n"));
    }

    [Test]
    public async Task APlanTellsFunctionsAndActivationsAndExitsWith10(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await run.SeeAsync(Prompt, cancel);
        await run.TypeAsync("sleep 1000 | cat &\necho started\n");
        await run.SeeAsync(Prompt + "started", cancel);

        var plan = await LucosProcess.RunAsync(Folder, cancel, "update", "plan", GuestImages.Update("pipe-stats"), "-o", "json");
        var json = JsonNode.Parse(plan.Output)!;
        Assert.That(plan.Code, Is.EqualTo(10), plan.Errors);
        Assert.That((int?)json["version"], Is.EqualTo(1));
        Assert.That((string?)json["effectiveAfter"], Is.EqualTo("0.1.0+pipe-stats"));
        Assert.That(((JsonArray)json["functions"]!).Select(f => $"{f!["name"]} {f["activations"]}"), Is.EqualTo(new[] { "pipe_write 0", "pipe_read 1" }));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname")).Output, Is.EqualTo("0.1.0\n"));

        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--no-wait")).Code, Is.Zero);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "status")).Output, Does.Contain("(cat) in pipe_read"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "cancel", "pipe-stats")).Code, Is.Zero);
    }

    [Test]
    public async Task OneOfSeveralGuestsMustBeNamed(CancellationToken cancel)
    {
        using var first = LucosProcess.Start(Folder, "run", "--name", "first");
        using var second = LucosProcess.Start(Folder, "run", "--name", "second");
        await first.SeeAsync(Prompt, cancel);
        await second.SeeAsync(Prompt, cancel);
        var unnamed = await LucosProcess.RunAsync(Folder, cancel, "uname");
        Assert.That(unnamed.Code, Is.EqualTo(2));
        Assert.That(unnamed.Errors, Does.Contain("first, second").And.Contain("--guest"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname", "--guest", "second")).Code, Is.Zero);
    }

    [Test]
    public async Task WatchPrintsALineForEachEventAndAnInterruptEndsItWith130(CancellationToken cancel)
    {
        using var run = LucosProcess.Start(Folder, "run");
        await run.SeeAsync(Prompt, cancel);
        using var watch = LucosProcess.Start(Folder, "update", "watch", "-o", "ndjson");
        await watch.SeeAsync("\"version\":1}\n", cancel);
        while (!watch.Output.Contains("journal", StringComparison.Ordinal))
        {
            Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "check", GuestImages.Update("fix-readlog"))).Code, Is.Zero);
        }

        await watch.SignalAsync("INT", cancel);
        Assert.That((await watch.EndAsync(cancel)).Code, Is.EqualTo(130));
        Assert.That(watch.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (string?)JsonNode.Parse(l)!["type"]).SkipLast(1), Has.Exactly(1).EqualTo("version"));
    }
}
