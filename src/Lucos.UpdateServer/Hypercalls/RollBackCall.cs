using Lucos.Abi;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>ROLLBACK: the old bytes come back; the update ends up rolled back or rolling back, or nothing has changed.</summary>
internal sealed class RollBackCall(ServerState state)
{
    /// <summary>Handles the hypercall.</summary>
    /// <returns>The state after it.</returns>
    public long RollBack(HypercallArguments call)
    {
        var watch = new PauseWatch(state.Guest);
        Submission submission = new SubmissionReader(state.Reader).ReadUpdate(call.Rbx);
        LiveUpdate update = state.Book.Find(submission.UpdateId);
        Check(update, submission);
        watch.Verified();
        IReadOnlyList<Step> steps = new RollBackPlanner(state.Guest, state.Reader, new ContextChecker(state.Reader, state.Guest), update).Plan(submission.Contexts);
        watch.Planned();
        Act(update, steps);
        Settle(update, submission, steps);
        update.RollBackPause = watch.Stop();
        state.Journal.About(update, update.State == UpdateState.RolledBack ? JournalEvents.RolledBack : JournalEvents.RollingBack, state.Guest.Blocks, update.RollBackPause.TotalMicroseconds);
        return (long)update.State;
    }

    private void Check(LiveUpdate update, Submission submission)
    {
        if (update.Name != submission.Name)
        {
            throw new RefusedException(Refusal.BadArgument, $"update {update.Id} is {update.Name}, not {submission.Name}");
        }

        update.Require(UpdateCommand.RollBack);
        IReadOnlyList<LiveUpdate> above = state.Book.Above(update);
        if (above.Count > 0)
        {
            string names = string.Join(", ", above.Reverse().Select(other => other.Name));
            throw new RefusedException(Refusal.UndoOrder, $"{update.Name}: undo {names} first");
        }
    }

    private void Act(LiveUpdate update, IReadOnlyList<Step> steps)
    {
        try
        {
            new Transaction(state.Guest, state.Observer, text => Inconsistent(update, text)).Run(steps);
        }
        catch (StepFailedException e)
        {
            throw new RefusedException(Refusal.Internal, $"{update.Name}: {e.Message}");
        }
    }

    private void Settle(LiveUpdate update, Submission submission, IReadOnlyList<Step> steps)
    {
        HashSet<ulong> moved = [.. steps.Where(step => step.Kind == StepKind.Slot).Select(step => step.Address)];
        update.Log = [];
        update.Copies = [];
        update.Advance(UpdateCommand.RollBack, state.Guest.Blocks);
        update.Blockers = BlockerList.InNewCode(update, submission.Contexts.Where(context => !moved.Contains(context.Slot)), state.Guest);
        if (update.Blockers.Count == 0)
        {
            update.Advance(UpdateCommand.Retire, state.Guest.Blocks);
        }
    }

    private void Inconsistent(LiveUpdate update, string text) =>
        state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.Internal, text);
}
