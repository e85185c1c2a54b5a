using System.Globalization;
using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Running;

namespace Lucos.Control.Demo;

/// <summary>
/// The main job, on a real guest under load: a flaw exploited, fixed by a live update that goes the whole way, and brought back by
/// the roll-back. Nothing in the report is assumed: each outcome is read from the guest or the Update Server.
/// </summary>
public sealed partial class DemoRunner
{
    private const string Update = "fix-readlog";
    private const ulong Budget = ScenarioGrammar.DefaultBudget;
    private const int MemoryMiB = 64;

    // The load works on by itself between the steps, so that the steps happen to a busy guest.
    private const ulong Breather = 1_000_000;

    private readonly IGuestStarter _starter;
    private readonly IPackageSource _packages;

    /// <summary>Makes the demo.</summary>
    /// <param name="starter">Makes its guest.</param>
    /// <param name="packages">Has the package <c>fix-readlog</c>.</param>
    public DemoRunner(IGuestStarter starter, IPackageSource packages)
    {
        _starter = starter;
        _packages = packages;
    }

    /// <summary>Runs the demo.</summary>
    /// <param name="seed">The guest's seed.</param>
    /// <param name="cpus">The guest's processors.</param>
    /// <param name="progress">Told what is done now.</param>
    /// <param name="cancel">Ends the demo.</param>
    public DemoReport Run(ulong seed, int cpus, Action<string> progress, CancellationToken cancel)
    {
        var package = _packages.Load(Update);
        progress("booting the guest");
        using var guest = _starter.Start(new GuestSettings { Seed = seed, MemoryMiB = MemoryMiB, Cpus = cpus });
        using var session = new GuestSession(guest);
        using var stop = cancel.Register(guest.RequestStop);
        session.AwaitPrompt(Budget);
        progress("starting the request server and the pipe load");
        var requests = StartJob(session, "reqload");
        var pipes = StartJob(session, "pipeload");
        session.RunBlocks(Breather);
        var (steps, identical) = RunSteps(session, package, progress, cancel);
        progress("asking the load for its counters");
        return new DemoReport(steps, StopLoad(session, requests, pipes), identical);
    }

    private static (List<DemoStep> Steps, bool Identical) RunSteps(GuestSession session, byte[] package, Action<string> progress, CancellationToken cancel)
    {
        var driver = new UpdateDriver(session);
        var steps = new List<DemoStep>();
        void Do(string what, Func<DemoStep> step)
        {
            cancel.ThrowIfCancellationRequested();
            progress(what);
            steps.Add(step());
            session.RunBlocks(Breather);
        }

        Do("exploiting the flaw as user 1000", () => Exploit(session, "exploit-before"));
        var before = session.Guest.CopyReadOnlyMemory();
        Do("applying fix-readlog to the running kernel", () => Apply(driver, package));
        var changed = !session.Guest.CopyReadOnlyMemory().AsSpan().SequenceEqual(before);
        Do("trying the exploit again", () => Exploit(session, "exploit-after"));
        Do("undoing fix-readlog", () => Undo(driver));
        var identical = changed && session.Guest.CopyReadOnlyMemory().AsSpan().SequenceEqual(before);
        Do("exploiting the flaw that is back", () => Exploit(session, "exploit-after-undo"));
        return (steps, identical);
    }

    [GeneratedRegex(@"^leaked: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Leaked();

    [GeneratedRegex(@"^blocked: .*$", RegexOptions.Multiline)]
    private static partial Regex Blocked();

    [GeneratedRegex(@"\blucos-secret-[0-9a-f]{16}\b")]
    private static partial Regex Secret();

    [GeneratedRegex(@"^\[([0-9]+)\]$", RegexOptions.Multiline)]
    private static partial Regex JobLine();

    /// <summary>Succeeded means: what the unprivileged program printed is what root reads from the device.</summary>
    private static DemoStep Exploit(GuestSession session, string name)
    {
        var secret = Secret().Match(session.Run("cat /dev/secret", Budget).Output);
        var attempt = session.Run("runas 1000 readlog-exploit", Budget);
        var leaked = Leaked().Match(attempt.Output);
        var blocked = Blocked().Match(attempt.Output);
        var outcome = (attempt.ExitStatus, leaked.Success, blocked.Success) switch
        {
            (0, true, _) when secret.Success && leaked.Groups[1].Value == secret.Value => "succeeded",
            (1, false, true) => "blocked",
            _ => "unclear",
        };
        var said = leaked.Success ? leaked.Value : blocked.Success ? blocked.Value : attempt.Output.Trim();
        return new DemoStep(name, outcome, said);
    }

    private static DemoStep Apply(UpdateDriver driver, byte[] package)
    {
        var answer = driver.AskAsOperator(RequestKind.Apply, Update, package, Budget);
        if (answer.Refusal != Refusal.None)
        {
            return new DemoStep("update", answer.Refusal.Id(), answer.Detail, 0, 0);
        }

        driver.AwaitState(Update, UpdateState.Finished, Budget);
        var update = driver.Find(Update)!;
        var detail = $"{string.Join(", ", update.Functions)} replaced in version {update.Version}";
        return new DemoStep("update", StateNames.Of(update.State), detail, update.ApplyPause.TotalMicroseconds, update.ApplyPause.Blocks);
    }

    private static DemoStep Undo(UpdateDriver driver)
    {
        var answer = driver.AskAsOperator(RequestKind.Undo, Update, default, Budget);
        if (answer.Refusal != Refusal.None)
        {
            return new DemoStep("undo", answer.Refusal.Id(), answer.Detail);
        }

        driver.AwaitState(Update, UpdateState.RolledBack, Budget);
        return new DemoStep("undo", StateNames.Of(driver.Find(Update)!.State), "the original bytes are back");
    }

    private static string StartJob(GuestSession session, string command)
    {
        var job = JobLine().Match(session.Run(command + " &", Budget).Output);
        return job.Success ? job.Groups[1].Value : throw new InvalidDataException($"the guest's shell did not start {command}");
    }

    private static DemoLoad StopLoad(GuestSession session, string requests, string pipes)
    {
        var served = session.Run($"kill -TERM {requests}; wait {requests}", Budget).Output;
        var piped = session.Run($"kill -TERM {pipes}; wait {pipes}", Budget).Output;
        return new DemoLoad(
            Counter(served, "reqload", "requests"),
            Counter(served, "reqload", "lost"),
            Counter(served, "reqload", "corrupted"),
            Counter(piped, "pipeload", "bytes"),
            Counter(piped, "pipeload", "errors"));
    }

    /// <summary>A counter of the last line that a program printed.</summary>
    private static long Counter(string output, string program, string name)
    {
        var line = output.Split('\n').LastOrDefault(l => l.Contains(program + ":", StringComparison.Ordinal)) ?? "";
        var found = Regex.Match(line, $@"\b{name}=([0-9]{{1,18}})\b");
        return found.Success
            ? long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"{program} reported no {name}: '{output.Trim()}'");
    }
}
