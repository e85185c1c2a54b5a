using System.Text.Json.Nodes;
using Lucos.Cli.Commands;

namespace Lucos.Cli.Tests;

/// <summary>What is said, and how often, of an update that is waited for.</summary>
public sealed class WaitLogTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    [Test]
    public void TheBeginningIsToldAtOnceAndTheSameIsNotToldAgain()
    {
        var log = new WaitLog(s_interval);
        Assert.That(log.IsNews(At(0), Draining("cat")), Is.True);
        Assert.That(log.IsNews(At(0.1), Draining("cat")), Is.False);
        Assert.That(log.IsNews(At(1000), Draining("cat")), Is.False);
    }

    [Test]
    public void ThatNobodyIsAwaitedIsToldOnlyIfItLasts()
    {
        var log = new WaitLog(s_interval);
        Assert.That(log.IsNews(At(7), Draining()), Is.False);
        Assert.That(log.IsNews(At(7.4), Draining()), Is.False);
        Assert.That(log.IsNews(At(7.5), Draining()), Is.True);
        var other = new WaitLog(s_interval);
        other.IsNews(At(7), Draining());
        Assert.That(other.IsNews(At(7.1), Draining("cat")), Is.True);
    }

    [Test]
    public void AChangeIsToldOnceTheIntervalIsOverAndTheLastOneCounts()
    {
        var log = new WaitLog(s_interval);
        log.IsNews(At(0), Draining("cat", "wc"));
        Assert.That(log.IsNews(At(0.4), Draining("cat")), Is.False);
        Assert.That(log.IsNews(At(0.9), Draining("wc")), Is.False);
        Assert.That(log.IsNews(At(1.1), Draining("wc")), Is.True);
        Assert.That(log.IsNews(At(2.2), Draining("wc")), Is.False);
    }

    [Test]
    public void AChangeThatWasTakenBackInBetweenIsNone()
    {
        var log = new WaitLog(s_interval);
        log.IsNews(At(0), Draining("cat"));
        log.IsNews(At(0.5), Draining("cat", "wc"));
        Assert.That(log.IsNews(At(1.5), Draining("cat")), Is.False);
    }

    [Test]
    public void AnotherStateOfTheSameBlockersIsAChange()
    {
        var log = new WaitLog(s_interval);
        log.IsNews(At(0), Draining("cat"));
        var failed = Draining("cat");
        failed["state"] = "rolling-back";
        failed["refusal"] = "incoherent";
        failed["detail"] = "to_old loses a field";
        Assert.That(log.IsNews(At(2), failed), Is.True);
        Assert.That(WaitLog.Line(failed), Does.StartWith("fix is rolling-back (incoherent: to_old loses a field): waits for thread 1 (cat)"));
    }

    [Test]
    public void OrderAgeAndWhatTheySleepOnAreNoChange()
    {
        var log = new WaitLog(s_interval);
        log.IsNews(At(0), Draining("cat", "wc"));
        var later = Draining("cat", "wc");
        var blockers = (JsonArray)later["blockers"]!;
        blockers[0]!["ageMilliseconds"] = 77_000;
        blockers[0]!["waitingOn"] = null;
        later["blockers"] = new JsonArray(blockers[1]!.DeepClone(), blockers[0]!.DeepClone());
        Assert.That(log.IsNews(At(9), later), Is.False);
    }

    [Test]
    public void ALineNamesThreeAndCountsTheOthers() => Assert.That(WaitLog.Line(Draining("a", "b", "c", "d", "e")), Is.EqualTo(
        "fix is draining: waits for thread 1 (a) in pipe_read, frame 3, asleep on pipe_read, there for 1.5 s; thread 2 (b) in pipe_read, frame 3, asleep on pipe_read, there for 1.5 s; "
        + "thread 3 (c) in pipe_read, frame 3, asleep on pipe_read, there for 1.5 s; and 2 more"));

    [Test]
    public void WhereNobodyIsLeftTheManagerIsWaitedFor() =>
        Assert.That(WaitLog.Line(Draining()), Is.EqualTo("fix is draining: waits for the guest's Update Manager, which calls back or frees what is no longer used"));

    [TestCase(uint.MaxValue, "vCPU 1", null, 0UL, "vCPU 1 in pipe_read, frame 3, running or ready to run, there for 0.0 s")]
    [TestCase(7u, "cat", "pipe", 59_999UL, "thread 7 (cat) in pipe_read, frame 3, asleep on pipe, there for 60.0 s")]
    [TestCase(7u, "cat", "pipe", 3_725_000UL, "thread 7 (cat) in pipe_read, frame 3, asleep on pipe, there for 62 min 5 s")]
    public void ABlockerIsToldWithWhatItDoesAndItsAge(uint thread, string name, string? queue, ulong age, string text) =>
        Assert.That(UpdateText.Blocker(Blocker(thread, name, queue, age)), Is.EqualTo(text));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static JsonObject Draining(params string[] threads) => new()
    {
        ["name"] = "fix",
        ["state"] = "draining",
        ["refusal"] = null,
        ["blockers"] = new JsonArray([.. threads.Select((name, index) => (JsonNode)Blocker((uint)index + 1, name, "pipe_read", 1500))]),
    };

    private static JsonObject Blocker(uint thread, string name, string? queue, ulong age) => new()
    {
        ["thread"] = thread,
        ["threadName"] = name,
        ["function"] = "pipe_read",
        ["frame"] = 3,
        ["waitingOn"] = queue,
        ["ageMilliseconds"] = age,
    };
}
