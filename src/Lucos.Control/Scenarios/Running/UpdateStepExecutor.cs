using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Control.Scenarios.Language;
using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Does the steps <c>update</c>, <c>undo</c>, <c>cancel</c> and <c>check</c>.</summary>
internal sealed class UpdateStepExecutor
{
    private readonly GuestSession _session;
    private readonly MomentSeeker _moments;
    private readonly UpdateDriver _driver;
    private readonly Func<string, byte[]> _packages;

    /// <summary>Makes an executor.</summary>
    public UpdateStepExecutor(GuestSession session, MomentSeeker moments, Func<string, byte[]> packages)
    {
        _session = session;
        _moments = moments;
        _driver = new UpdateDriver(session);
        _packages = packages;
    }

    /// <summary>Does a step.</summary>
    public void Execute(UpdateStep step, StepReport report)
    {
        report.Title = Title(step);
        var during = step.During is null ? null : _session.Begin(step.During);
        if (step.At is not null)
        {
            _moments.RunUntil(step.At, step.Budget);
        }

        var answer = Ask(step);
        Judge(step, answer, report);
        if (during is not null)
        {
            _session.Finish(during, step.Budget);
        }
    }

    private static string Title(UpdateStep step)
    {
        var verb = step.Verb == UpdateVerb.Apply ? "update" : step.Verb.ToString().ToLowerInvariant();
        return $"{verb} {step.Target} by the {(step.ViaGuest ? "guest" : "operator")}{(step.VerifyCoherence ? " with its coherence verified" : "")}{(step.At is null ? "" : $" at {step.At}")}";
    }

    private RequestAnswer Ask(UpdateStep step)
    {
        var kind = step.Verb switch
        {
            UpdateVerb.Apply => RequestKind.Apply,
            UpdateVerb.Check => RequestKind.Check,
            UpdateVerb.Cancel => RequestKind.Cancel,
            _ => RequestKind.Undo,
        };
        var isByName = step.Verb is UpdateVerb.Undo or UpdateVerb.Cancel;
        if (step.ViaGuest)
        {
            return _driver.AskInGuest(kind, isByName ? step.Target : $"/updates/{step.Target}.lup", step.Budget, step.VerifyCoherence);
        }

        return _driver.AskAsOperator(kind, step.Target, isByName ? default : _packages(step.Target), step.Budget, step.VerifyCoherence);
    }

    private void Judge(UpdateStep step, RequestAnswer answer, StepReport report)
    {
        if (answer.Refusal != Refusal.None)
        {
            var id = answer.Refusal.Id();
            report.Title += $": {id}";
            StepFailedException.ThrowIfAny(id == step.Expect ? Missing(step.Details, answer.Detail) : [$"refused: {id}: {answer.Detail}, and {step.Expect} was expected"]);
            ShowDetails(step, report);
            return;
        }

        if (step.Verb == UpdateVerb.Check)
        {
            report.Title += ": accepted";
            StepFailedException.ThrowIfAny(step.Expect == "accepted" ? [] : [$"accepted, and {step.Expect} was expected"]);
            return;
        }

        JudgeState(step, report);
    }

    private void JudgeState(UpdateStep step, StepReport report)
    {
        var expected = StateNames.Parse(step.Expect);
        if (expected == UpdateState.None)
        {
            var found = _driver.Find(step.Target);
            throw new StepFailedException($"not refused (it is {(found is null ? "unknown" : StateNames.Of(found.State))}), and {step.Expect} was expected");
        }

        if (expected is not (UpdateState.Draining or UpdateState.RollingBack))
        {
            _driver.AwaitState(step.Target, expected, step.Budget);
        }

        var update = _driver.Find(step.Target) ?? throw new StepFailedException($"the Update Server knows no update '{step.Target}'");
        var state = StateNames.Of(update.State);
        report.Title += $": {state}";
        var blockers = string.Join('\n', update.Blockers.Select(b => $"{b.ThreadName} in {b.Function}"));
        StepFailedException.ThrowIfAny(state == step.Expect ? Missing(step.Details, blockers) : [$"the update is {state}, not {step.Expect}"]);
        ShowDetails(step, report);
    }

    private static void ShowDetails(UpdateStep step, StepReport report) => report.Lines.AddRange(step.Details.Select(d => $"... {d} ..."));

    private static IEnumerable<string> Missing(IReadOnlyList<string> expected, string text) =>
        expected.Where(t => !text.Contains(t, StringComparison.Ordinal)).Select(t => $"'{t}' is not in '{text}'");
}
