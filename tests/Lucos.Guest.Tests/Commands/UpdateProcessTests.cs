using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lucos.Guest.Tests.Commands;

/// <summary>The operator's verbs on a guest whose data is updated while threads sleep in the old code: all as processes.</summary>
[CancelAfter(120_000)]
public sealed partial class UpdateProcessTests : ProcessTests
{
    private const string MoreThanSevenBits = "echo 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345 | cat\n";

    [Test]
    public async Task ADataUpdateUnderLoadIsShownWithItsTypesItsBlockersAndItsLedger(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel, "--cpus", "2");
        await run.TypeAsync("sleep 1000 | cat &\npipeload > /dev/null &\necho started\n");
        await run.SeeAsync(Prompt + "started", cancel);
        var apply = await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-ring", "--verify-coherence", "--no-wait");
        Assert.That(apply.Code, Is.Zero, apply.Output + apply.Errors);

        var shown = await ShowWithTransfersAsync(cancel);
        var update = shown["update"]!;
        var data = update["data"]!;
        Assert.That(((int?)shown["version"], (string?)shown["kind"], (string?)update["state"]), Is.EqualTo((1, "show", "draining")));
        Assert.That(((bool?)data["monitored"], data["types"]!.ToJsonString()), Is.EqualTo((true, "[\"pipe_type\"]")));
        Assert.That((string?)data["typeDetails"]![0]!["transfer"], Is.EqualTo("on-unlock"));
        Assert.That((int?)data["typeDetails"]![0]!["instances"], Is.EqualTo((int?)data["instances"]).And.GreaterThan(1));
        Assert.That((ulong?)data["intercepted"], Is.GreaterThanOrEqualTo((ulong)data["transfers"]!));
        Assert.That((ulong?)data["falseSharing"], Is.Not.Null);
        Assert.That(Blockers(update), Does.Contain("cat in pipe_read on pipe_read"));
        Assert.That((ulong?)update["blockers"]![0]!["ageBlocks"], Is.GreaterThan(0));

        var ledger = (JsonArray)shown["ledger"]!["entries"]!;
        Assert.That(ledger.Select(e => (long)e!["number"]!), Is.EqualTo(Enumerable.Range(0, 200).Select(i => (long)ledger[0]!["number"]! + i)));
        Assert.That(ledger.Select(e => (string?)e!["type"]), Is.All.EqualTo("pipe_type"));
        Assert.That(ledger.Select(e => (string?)e!["function"]), Has.Some.Match(@"^(mutex|spin)_[a-z]+\+0x").And.Some.Match("^pipe-ring:"), "both the kernel's and the update's code");
        Assert.That(ledger.Select(e => (string?)e!["version"]).Distinct(), Is.EquivalentTo(new[] { "old", "new" }));

        var text = (await LucosProcess.RunAsync(Folder, cancel, "update", "show", "pipe-ring", "--ledger", "--limit", "5")).Output;
        Assert.That(text, Does.Match(@"pipe-ring 1\.0: draining\n").And.Match("(?m)^  waits for thread [0-9]+ \\(cat\\) in pipe_read, frame [0-9]+, asleep on pipe_read, there for [0-9.]+ s$"));
        Assert.That(text, Does.Match(@"(?m)^  type pipe_type: cache, twin, emulate, on-unlock; [0-9,]+ bytes become [0-9,]+$").And.Match("[0-9,]+ stores intercepted, [0-9,]+ transfers, [0-9,]+ by false sharing"));
        Assert.That(LedgerLine().Count(text), Is.EqualTo(5));
    }

    [Test]
    public async Task AnUpdateWithoutTypesHasNoLedgerAndAnUnknownOneIsRefused(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "fix-readlog", "--verify-coherence")).Code, Is.Zero);
        var (code, text, _) = await LucosProcess.RunAsync(Folder, cancel, "update", "show", "fix-readlog", "--ledger");
        Assert.That(code, Is.Zero);
        Assert.That(text, Does.StartWith("fix-readlog 1.0: finished\n  replaces sys_readlog;").And.Contain("no ledger is kept").And.Not.Contain("  changes "));
        var json = JsonNode.Parse((await LucosProcess.RunAsync(Folder, cancel, "update", "show", "fix-readlog", "--ledger", "-o", "json")).Output)!;
        Assert.That(((bool?)json["ledger"]!["kept"], json["update"]!["data"]), Is.EqualTo((false, default(JsonNode))));

        var unknown = await LucosProcess.RunAsync(Folder, cancel, "update", "show", "fix-nothing");
        Assert.That((unknown.Code, unknown.Output), Is.EqualTo((3, "")));
        Assert.That(unknown.Errors, Does.StartWith("lucos: no-such-update: no update 'fix-nothing'"));
        var tooMany = await LucosProcess.RunAsync(Folder, cancel, "update", "show", "fix-readlog", "--ledger", "--limit", "4097");
        Assert.That((tooMany.Code, tooMany.Errors), Is.EqualTo((2, "lucos: --limit must be 1 to 4096: older stores are not kept.\nTry 'lucos update show --help'.\n")));
    }

    [Test]
    public async Task APlanTellsWhatWouldBecomeOfDataAndWhoWouldBeWaitedFor(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        var plan = await LucosProcess.RunAsync(Folder, cancel, "update", "plan", "pipe-wide", "-o", "json");
        var json = JsonNode.Parse(plan.Output)!;
        var type = json["types"]![0]!;
        Assert.That(plan.Code, Is.EqualTo(10));
        Assert.That(((string?)type["name"], (string?)type["placement"], (string?)type["interception"], (string?)type["transfer"]), Is.EqualTo(("pipes", "twin", "step", "each-write")));
        Assert.That(((int?)type["instances"], ((JsonArray)type["preserves"]!).Count, (bool?)json["undoMayBeRefused"]), Is.EqualTo((1, 2, true)));
        Assert.That(Blockers(json), Is.EqualTo(new[] { "cat in pipe_read on pipe_read" }));
        var text = (await LucosProcess.RunAsync(Folder, cancel, "update", "plan", "pipe-wide")).Output;
        Assert.That(text, Does.Contain("; 1 instance now").And.Contain("placement twin, interception step, transfer each-write").And.Contain("no transfer may lose +0x"));
        Assert.That(text, Does.Match(@"would wait for thread [0-9]+ \(cat\) in pipe_read, frame [0-9]+, asleep on pipe_read\n").And.Contain("undo may be refused: not-representable"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "status")).Output, Is.EqualTo("kernel 0.1.0\n"), "nothing was changed");

        var code = JsonNode.Parse((await LucosProcess.RunAsync(Folder, cancel, "update", "plan", "fix-readlog", "-o", "json")).Output)!;
        Assert.That(((bool?)code["undoMayBeRefused"], ((JsonArray)code["types"]!).Count, ((JsonArray)code["blockers"]!).Count), Is.EqualTo((false, 0, 0)));
    }

    [Test]
    public async Task AFieldThatATransferLosesStopsTheUpdateAndTheStoreIsNamed(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        using var apply = LucosProcess.Start(Folder, "update", "apply", "pipe-wide-forgets", "--verify-coherence");
        await apply.SeeErrorsAsync(1, cancel);
        await run.TypeAsync(MoreThanSevenBits);

        var (code, _) = await apply.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(5), apply.Output);
        Assert.That(apply.Output, Does.StartWith("pipe-wide-forgets 1.0: rolled-back\n  incoherent: ").And.Contain("loses the field at +0x"));
        Assert.That(apply.Output, Does.Match("bytes written to the (old|new) version \\+0x[0-9a-f]+ at 0x[0-9a-f]+, vCPU 0, block [0-9]+"));
        var shown = JsonNode.Parse((await LucosProcess.RunAsync(Folder, cancel, "update", "show", "pipe-wide-forgets", "--ledger", "--limit", "1", "-o", "json")).Output)!;
        var last = shown["ledger"]!["entries"]![0]!;
        Assert.That((string?)shown["update"]!["refusal"], Is.EqualTo("incoherent"));
        Assert.That((string?)shown["update"]!["detail"], Does.Contain($"at {last["rip"]}, vCPU {last["cpu"]}, block {last["block"]}"), "the store is the ledger's last");
        Assert.That((string?)last["function"], Does.Match(@"^pipe-wide-forgets:|^memcpy|^copy_from_user|^pipe_"), "its function is named though the module is gone");
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname")).Output, Is.EqualTo("0.1.0\n"));
    }

    [Test]
    public async Task WithoutTheLedgerNobodyNoticesAFieldThatATransferLoses(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-wide-forgets", "--no-wait")).Code, Is.Zero);
        await run.TypeAsync(MoreThanSevenBits + "echo over\n");
        await run.SeeAsync(Prompt + "over", cancel);

        var shown = JsonNode.Parse((await LucosProcess.RunAsync(Folder, cancel, "update", "show", "pipe-wide-forgets", "--ledger", "-o", "json")).Output)!;
        Assert.That(((string?)shown["update"]!["state"], (string?)shown["update"]!["refusal"], (bool?)shown["ledger"]!["kept"]), Is.EqualTo(("draining", default(string), false)));
    }

    [Test]
    public async Task AnApplyOffATerminalSaysWhoIsWaitedForWhenThatChanges(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        var sleepers = await SleepersAsync(run, 2, cancel);
        using var apply = LucosProcess.Start(Folder, "update", "apply", "pipe-stats");
        var first = await apply.SeeErrorsAsync(1, cancel);
        Assert.That(apply.Output, Is.Empty);
        await run.TypeAsync($"kill {sleepers[0]}\n");
        var second = await apply.SeeErrorsAsync(2, cancel);
        await run.TypeAsync($"kill {sleepers[1]}\n");

        var (code, errors) = await apply.EndAsync(cancel);
        Assert.That(code, Is.Zero);
        Assert.That(BlockerInLine().Count(first[0]), Is.EqualTo(2), first[0]);
        Assert.That(first[0], Does.StartWith("lucos: pipe-stats is draining: waits for thread "));
        Assert.That(BlockerInLine().Count(second[1]), Is.EqualTo(1), second[1]);
        Assert.That(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2));
        Assert.That(apply.Output, Does.StartWith("pipe-stats 1.0: finished\n"));
    }

    [Test]
    public async Task EventsOfAWaitAreRecordsForNdjsonAndNoneForJson(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        var stream = await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--timeout", "1", "-o", "ndjson");
        var records = stream.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.That(records.Select(r => (string?)r["type"]), Is.EqualTo(new[] { "version", "waiting", "apply" }));
        Assert.That((stream.Code, stream.Errors), Is.EqualTo((4, "")));
        Assert.That(Blockers(records[1]["update"]!), Is.EqualTo(new[] { "cat in pipe_read on pipe_read" }));

        var json = await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--timeout", "1", "-o", "json");
        Assert.That(json.Code, Is.EqualTo(4));
        Assert.That(json.Errors, Does.StartWith("lucos: pipe-stats is draining: waits for"));
        Assert.That(((bool?)JsonNode.Parse(json.Output)!["timedOut"], (int?)JsonNode.Parse(json.Output)!["version"]), Is.EqualTo((true, 1)));
    }

    [Test]
    public async Task AnUpdateWhoseTimeIsOverIsCancelledAndTheOriginalCodeRuns(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        var (code, output, _) = await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--timeout", "1");
        Assert.That(code, Is.EqualTo(4));
        Assert.That(output, Does.StartWith("timed-out: not finished within 1 s, so it was cancelled: the original code runs\npipe-stats 1.0: roll"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "uname")).Output, Is.EqualTo("0.1.0\n"));
    }

    [Test]
    public async Task AnApplyWhoseUpdateSomebodyElseCancelsEndsWith4(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        using var apply = LucosProcess.Start(Folder, "update", "apply", "pipe-stats");
        await apply.SeeErrorsAsync(1, cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "cancel", "pipe-stats")).Code, Is.Zero);
        var (code, errors) = await apply.EndAsync(cancel);
        Assert.That(code, Is.EqualTo(4), errors);
        Assert.That(apply.Output, Does.StartWith("pipe-stats 1.0: rolled-back\n"));
    }

    [Test]
    public async Task AnUndoWhoseTimeIsOverGoesOn(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats")).Code, Is.Zero);
        await SleepersAsync(run, 1, cancel);
        var (code, output, errors) = await LucosProcess.RunAsync(Folder, cancel, "update", "undo", "pipe-stats", "--timeout", "1");
        Assert.That(code, Is.EqualTo(4));
        Assert.That(output, Does.StartWith("timed-out: not rolled back within 1 s: the original code runs").And.Contain("pipe-stats 1.0: rolling-back").And.Contain("(cat) in pipe_read"));
        Assert.That(errors, Does.StartWith("lucos: pipe-stats is rolling-back: waits for thread "));
    }

    [Test]
    public async Task AnInterruptedApplyLeavesTheUpdateDrainingAndSaysSo(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        using var apply = LucosProcess.Start(Folder, "update", "apply", "pipe-stats");
        await apply.SeeErrorsAsync(1, cancel);
        await apply.SignalAsync("INT", cancel);
        var (code, errors) = await apply.EndAsync(cancel);
        Assert.That((code, apply.Output), Is.EqualTo((130, "")));
        Assert.That(errors, Does.Contain("lucos: interrupted: pipe-stats is draining").And.Contain("lucos update cancel pipe-stats"));
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "status")).Output, Does.Contain("pipe-stats 1.0: draining"));
    }

    [Test]
    public async Task WatchOffATerminalTellsEventsAndWhoIsWaitedFor(CancellationToken cancel)
    {
        using var run = await StartAsync(cancel);
        await SleepersAsync(run, 1, cancel);
        using var text = LucosProcess.Start(Folder, "update", "watch");
        using var stream = LucosProcess.Start(Folder, "update", "watch", "-o", "ndjson");
        await stream.SeeAsync("\"version\":1}\n", cancel);
        Assert.That((await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-wide", "--no-wait")).Code, Is.Zero);
        await text.SeeAsync("pipe-wide is draining: waits for thread ", cancel);
        await stream.SeeAsync("\"waiting\"", cancel);
        await run.SignalAsync("INT", cancel);

        Assert.That((await text.EndAsync(cancel)).Code, Is.EqualTo(7), "the guest has gone");
        Assert.That((await stream.EndAsync(cancel)).Code, Is.EqualTo(7));
        var waiting = stream.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).First(r => (string?)r["type"] == "waiting")["update"]!;
        Assert.That(Blockers(waiting), Is.EqualTo(new[] { "cat in pipe_read on pipe_read" }));
        Assert.That(((int?)waiting["activations"]!["pipe_read"], (int?)waiting["activations"]!["pipe_write"]), Is.EqualTo((1, 0)));
        Assert.That(((int?)waiting["data"]!["instances"], (bool?)waiting["data"]!["monitored"]), Is.EqualTo((1, true)));
    }

    [TestCase("0")]
    [TestCase("86401")]
    [TestCase("soon")]
    public async Task ATimeThatIsNoneIsRefused(string seconds, CancellationToken cancel)
    {
        var (code, output, errors) = await LucosProcess.RunAsync(Folder, cancel, "update", "apply", "pipe-stats", "--timeout", seconds);
        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain("--timeout"));
    }

    [GeneratedRegex(@"(?m)^ +[0-9]+ block [0-9]+ +vCPU [0-9] (old|new) pipe_type 0x[0-9a-f]+\+0x[0-9a-f]+ = 0x[0-9a-f]+ \([0-9]+ bytes\) by \S+, rip 0x[0-9a-f]+$")]
    private static partial Regex LedgerLine();

    [GeneratedRegex(@"thread [0-9]+ \(cat\) in pipe_read, frame [0-9]+, asleep on pipe_read, there for ")]
    private static partial Regex BlockerInLine();

    [GeneratedRegex(@"\[([0-9]+)\]\r?\n")]
    private static partial Regex Job();

    private static IEnumerable<string> Blockers(JsonNode of) => ((JsonArray)of["blockers"]!).Select(b => $"{b!["threadName"]} in {b["function"]} on {b["waitingOn"]}");

    /// <summary>Starts readers of pipes that nobody writes to, and waits until each sleeps in pipe_read; their job's process ids.</summary>
    private async Task<IReadOnlyList<string>> SleepersAsync(LucosProcess run, int count, CancellationToken cancel)
    {
        await run.TypeAsync(string.Concat(Enumerable.Repeat("sleep 1000 | cat &\n", count)) + "echo started\n");
        await run.SeeAsync(Prompt + "started", cancel);
        JsonNode plan;
        do
        {
            plan = JsonNode.Parse((await LucosProcess.RunAsync(Folder, cancel, "update", "plan", "pipe-stats", "-o", "json")).Output)!;
        }
        while (plan["blockers"] is JsonArray blockers && blockers.Count(b => b!["waitingOn"] is not null) < count);

        return [.. Job().Matches(run.Output).Select(m => m.Groups[1].Value)];
    }

    private async Task<JsonNode> ShowWithTransfersAsync(CancellationToken cancel)
    {
        while (true)
        {
            var shown = await LucosProcess.RunAsync(Folder, cancel, "update", "show", "pipe-ring", "--ledger", "--limit", "200", "-o", "json");
            Assert.That(shown.Code, Is.Zero, shown.Errors);
            var json = JsonNode.Parse(shown.Output)!;
            if ((ulong?)json["update"]!["data"]!["transfers"] > 20)
            {
                return json;
            }
        }
    }
}
