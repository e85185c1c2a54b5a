using System.Globalization;
using System.Text.RegularExpressions;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Does the steps of one scenario on one guest.</summary>
internal sealed partial class StepExecutor
{
    private readonly GuestSession _session;
    private readonly MomentSeeker _moments;
    private readonly UpdateStepExecutor _updates;
    private readonly Dictionary<string, long> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _memories = new(StringComparer.Ordinal);

    /// <summary>Makes an executor.</summary>
    /// <param name="session">The guest.</param>
    /// <param name="packages">A package's bytes by name.</param>
    public StepExecutor(GuestSession session, Func<string, byte[]> packages)
    {
        _session = session;
        _moments = new MomentSeeker(session);
        _updates = new UpdateStepExecutor(session, _moments, packages);
    }

    /// <summary>The end of the console, for a step that failed.</summary>
    public IEnumerable<string> LastConsoleLines() =>
        _session.Console.Since(0).ToString().TrimEnd().Split('\n').TakeLast(20).Select(l => "console: " + l.TrimEnd());

    /// <summary>Does a step.</summary>
    public void Execute(ScenarioStep step, StepReport report)
    {
        switch (step)
        {
            case BootStep:
                _session.AwaitPrompt(step.Budget);
                break;
            case RunStep run:
                Run(run, report);
                break;
            case BackgroundStep background:
                StartJob(background, report);
                break;
            case StopStep stop:
                StopJob(stop, report);
                break;
            case WaitStep wait:
                report.Title = $"wait until {wait.Until}";
                _moments.RunUntil(wait.Until, wait.Budget);
                break;
            case SendStep send:
                report.Title = $"send {send.Text.Trim()}";
                _session.Type(send.Text);
                break;
            case UpdateStep update:
                _updates.Execute(update, report);
                break;
            case RememberStep remember:
                report.Title = $"remember {remember.Name}";
                _memories[remember.Name] = _session.Guest.CopyReadOnlyMemory();
                break;
            case ExpectStep expect:
                Expect(expect, report);
                break;
            case PowerOffStep:
                PowerOff(step.Budget, report);
                break;
            default:
                throw new InvalidOperationException($"no way to do {step}");
        }
    }

    [GeneratedRegex(@"^\[([0-9]+)\]$", RegexOptions.Multiline)]
    private static partial Regex JobLine();

    private void Run(RunStep step, StepReport report)
    {
        report.Title = $"run {step.Command}";
        var result = _session.Run(step.Command, step.Budget);
        report.Title += string.Create(CultureInfo.InvariantCulture, $": exit {result.ExitStatus}");
        ShowOutput(step.Output, result.Output, report);
        var problems = step.Output.Judge(result.Output).ToList();
        if (result.ExitStatus != step.Exit)
        {
            problems.Insert(0, $"exit status {result.ExitStatus}, not {step.Exit}");
        }

        if (problems.Count > 0)
        {
            report.Lines.Clear();
            report.Show(result.Output);
        }

        StepFailedException.ThrowIfAny(problems);
    }

    /// <summary>While a load runs its lines get in between at instants that any change of the kernel moves: then only what was asked for is shown.</summary>
    private void ShowOutput(OutputExpectation expected, string output, StepReport report)
    {
        if (_jobs.Count == 0)
        {
            report.Show(output);
            return;
        }

        report.Lines.AddRange(expected.Contains.Where(t => output.Contains(t, StringComparison.Ordinal)).Select(t => $"... {t} ..."));
    }

    private void StartJob(BackgroundStep step, StepReport report)
    {
        report.Title = $"background {step.Name}: {step.Command}";
        var result = _session.Run(step.Command + " &", step.Budget);
        var job = JobLine().Match(result.Output);
        if (!job.Success)
        {
            throw new StepFailedException($"the shell named no process: '{result.Output.Trim()}'");
        }

        _jobs[step.Name] = long.Parse(job.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private void StopJob(StopStep step, StepReport report)
    {
        report.Title = $"stop {step.Name} by {step.Signal}";
        var pid = _jobs[step.Name];
        _jobs.Remove(step.Name);
        var result = _session.Run(string.Create(CultureInfo.InvariantCulture, $"kill -{step.Signal} {pid}; wait {pid}"), step.Budget);
        report.Title += string.Create(CultureInfo.InvariantCulture, $": exit {result.ExitStatus}");
        var last = result.Output.Split('\n').LastOrDefault(l => l.Contains('=', StringComparison.Ordinal)) ?? "";
        var problems = step.Counters.Select(c => c.Judge(last)).OfType<string>().ToList();
        report.Lines.AddRange(step.Counters.Select(c => $"{c.Name} {c.Relation} {c.Bound}"));
        if (result.ExitStatus != step.Exit)
        {
            problems.Insert(0, $"exit status {result.ExitStatus}, not {step.Exit}: {result.Output.Trim()}");
        }

        StepFailedException.ThrowIfAny(problems);
    }

    private void Expect(ExpectStep step, StepReport report)
    {
        var guest = _session.Guest;
        var problems = new List<string>();
        Compare("uname", step.Uname, guest.EffectiveVersion, report, problems);
        Compare("booted", step.Booted, guest.BootedVersion, report, problems);
        foreach (var (name, state) in step.Status)
        {
            var found = guest.Updates.LastOrDefault(u => u.Name == name);
            Compare(name, state, found is null ? "none" : StateNames.Of(found.State), report, problems);
        }

        foreach (var (name, count) in step.Moved)
        {
            var found = guest.Updates.LastOrDefault(u => u.Name == name)?.MovedContexts ?? 0;
            Compare($"{name} moved", Number(count), Number(found), report, problems);
        }

        if (step.Memory is { } memory)
        {
            report.Lines.Add($"memory as {memory}");
            CompareMemory(_memories[memory], guest.CopyReadOnlyMemory(), problems);
        }

        JudgeHistory(step.History, [.. guest.History.Select(HistoryLine.Render)], report, problems);
        StepFailedException.ThrowIfAny(problems);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Compare(string what, string? expected, string found, StepReport report, List<string> problems)
    {
        if (expected is null)
        {
            return;
        }

        report.Lines.Add($"{what} {found}");
        if (expected != found)
        {
            problems.Add($"{what} is '{found}', not '{expected}'");
        }
    }

    private static void CompareMemory(byte[] before, byte[] now, List<string> problems)
    {
        var same = before.AsSpan().CommonPrefixLength(now);
        if (same != before.Length || same != now.Length)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"the first difference in the kernel's text and read-only data is at offset 0x{same:x}"));
        }
    }

    private static void JudgeHistory(IReadOnlyList<string> expected, IReadOnlyList<string> history, StepReport report, List<string> problems)
    {
        var at = 0;
        foreach (var text in expected)
        {
            while (at < history.Count && !history[at].Contains(text, StringComparison.Ordinal))
            {
                at++;
            }

            if (at++ >= history.Count)
            {
                problems.Add($"the history has no entry with '{text}' here: {string.Join(" / ", history)}");
                return;
            }

            report.Lines.Add($"history ... {text} ...");
        }
    }

    private void PowerOff(ulong budget, StepReport report)
    {
        _session.Type("poweroff\n");
        try
        {
            _session.Await("power-off", () => false, budget);
        }
        catch (GuestEndedException e) when (e.Stop.Kind == GuestStopKind.PoweredOff)
        {
            report.Title += string.Create(CultureInfo.InvariantCulture, $": value {e.Stop.Value}");
            StepFailedException.ThrowIfAny(e.Stop.Value == 0 ? [] : [e.Message]);
        }
    }
}
