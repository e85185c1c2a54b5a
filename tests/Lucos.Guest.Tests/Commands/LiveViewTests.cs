using System.Text.RegularExpressions;

namespace Lucos.Guest.Tests.Commands;

/// <summary>What a person sees at a terminal while an update drains, and what the terminal is like behind it.</summary>
[CancelAfter(120_000)]
public sealed partial class LiveViewTests : ProcessTests
{
    private const string Interrupt = "\u0003";
    private const int Columns = 72;
    private const int Rows = 20;

    [TestCase(Columns, Rows)]
    [TestCase(34, 7)]
    [TestCase(200, 4)]
    public async Task ADrainIsDrawnInOnePlaceAndGoesWhenItIsOver(int columns, int rows, CancellationToken cancel)
    {
        using var run = await StartWithSleeperAsync(cancel);
        using var apply = TerminalProcess.Start(Folder, columns, rows, "update", "apply", "pipe-stats");
        await apply.SeeAsync(screen => screen.Text.Contains("pipe-stats 1.0: draining", StringComparison.Ordinal), cancel);
        var drawn = await apply.SeeAsync(screen => rows < Rows || (Blocker().IsMatch(screen.Text) && screen.Redrawn > 1), cancel);
        Assert.That(Regex.Count(drawn, "pipe-stats 1.0: draining"), Is.EqualTo(1), "drawn over, not below");
        await run.TypeAsync("kill $!\n");

        var (code, screen) = await apply.EndAsync(cancel);
        Assert.That(code, Is.Zero);
        Assert.That(screen.Text, Does.Contain("pipe-stats 1.0: finished").And.Not.Contain("draining"));
        AssertSane(screen);
    }

    [Test]
    public async Task CtrlCTakesTheDrawnLinesAwayAndSaysThatTheUpdateGoesOn(CancellationToken cancel)
    {
        using var run = await StartWithSleeperAsync(cancel);
        using var apply = TerminalProcess.Start(Folder, Columns, Rows, "update", "apply", "pipe-stats");
        await apply.SeeAsync(screen => Blocker().IsMatch(screen.Text), cancel);
        apply.Type(Interrupt);

        var (code, screen) = await apply.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(130));
        Assert.That(screen.Written, Does.Contain("lucos: interrupted: pipe-stats is draining").And.Contain("lucos update cancel pipe-stats"));
        Assert.That(screen.Text, Does.Not.Match(Blocker()), "what was drawn is gone");
        AssertSane(screen);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "status")).Output, Does.Contain("pipe-stats 1.0: draining"));
    }

    [Test]
    public async Task WatchDrawsUpdatesAndHistoryInOnePlaceUntilCtrlC(CancellationToken cancel)
    {
        using var run = await StartWithSleeperAsync(cancel);
        using var watch = TerminalProcess.Start(Folder, Columns, Rows, "update", "watch");
        await watch.SeeAsync(screen => screen.Text.Contains("kernel 0.1.0\n", StringComparison.Ordinal), cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--no-wait")).Code, Is.Zero);
        var drawn = await watch.SeeAsync(screen => Blocker().IsMatch(screen.Text), cancel);
        Assert.That(Regex.Count(drawn, "(?m)^kernel "), Is.EqualTo(1), drawn);
        Assert.That(drawn, Does.Match(@"kernel 0\.1\.0\+pipe-stats\n\s*pipe-stats 1\.0: draining"));
        await run.TypeAsync("kill $!\n");
        await watch.SeeAsync(screen => screen.Text.Contains("pipe-stats 1.0: finished", StringComparison.Ordinal), cancel);
        watch.Type(Interrupt);

        var (code, screen) = await watch.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(130));
        Assert.That(screen.Text, Does.Not.Match(Blocker()));
        AssertSane(screen);
    }

    private static void AssertSane(TerminalScreen screen)
    {
        Assert.That(screen.IsAtLineStart, Is.True, screen.Text);
        Assert.That(screen.Modes, Is.Empty);
    }

    /// <summary>A guest in which somebody sleeps in what is to be replaced.</summary>
    private async Task<LucosProcess> StartWithSleeperAsync(CancellationToken cancel)
    {
        var run = await StartAsync(cancel);
        await run.TypeAsync("sleep 1000 | cat &\necho started\n");
        await run.SeeAsync(Prompt + "started", cancel);
        return run;
    }

    [GeneratedRegex(@"thread [0-9]+ \(cat\) in pipe_read")]
    private static partial Regex Blocker();
}
