using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>APPLY: verify, plan, act; the update ends up draining or finished, or nothing has changed.</summary>
internal sealed class ApplyCall(ServerState state)
{
    /// <summary>Handles the hypercall.</summary>
    /// <returns>The update's number.</returns>
    public long Apply(HypercallArguments call)
    {
        var watch = new PauseWatch(state.Guest);
        Submission submission = new SubmissionReader(state.Reader).ReadUpdate(call.Rbx);
        if (submission.UpdateId != 0)
        {
            throw new RefusedException(Refusal.BadArgument, $"{submission.Name}: update id {submission.UpdateId}, must be 0 to apply");
        }

        LiveUpdate update = state.Book.Open(submission.Name, submission.Version, submission.RequestId);
        try
        {
            IReadOnlyList<Versions> versions = Verify(update, submission);
            watch.Verified();
            ApplyPlan plan = new ApplyPlanner(state.Guest, state.Reader, submission).Plan(update.Functions, versions);
            update.Advance(UpdateCommand.Prepare, state.Guest.Blocks);
            watch.Planned();
            Act(update, plan);
            Settle(update, submission, plan, versions);
        }
        catch (RefusedException e)
        {
            Close(update, e.Refusal, e.Detail);
            e.IsRecorded = true;
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !update.InForce)
        {
            Close(update, Refusal.Internal, e.Message);
            throw;
        }

        update.ApplyPause = watch.Stop();
        state.Journal.About(update, update.State == UpdateState.Finished ? JournalEvents.Finished : JournalEvents.Draining, state.Guest.Blocks, update.ApplyPause.TotalMicroseconds);
        return update.Id;
    }

    private IReadOnlyList<Versions> Verify(LiveUpdate update, Submission submission)
    {
        update.Functions = new Verifier(state.Guest, state.Reader, state.Book).Verify(submission);
        update.Module = submission.Module;
        update.RelocationArea = submission.RelocationArea;
        IReadOnlyList<Versions> versions = [.. update.Functions.Select(function => new Versions(function, state.Book))];
        new ContextChecker(state.Reader, state.Guest).CheckOld(submission, versions);
        update.Advance(UpdateCommand.Verify, state.Guest.Blocks);
        return versions;
    }

    private void Act(LiveUpdate update, ApplyPlan plan)
    {
        try
        {
            new Transaction(state.Guest, state.Observer, text => Inconsistent(update, text)).Run(plan.Steps);
        }
        catch (StepFailedException e)
        {
            throw new RefusedException(Refusal.Internal, $"{update.Name}: {e.Message}");
        }
    }

    private void Settle(LiveUpdate update, Submission submission, ApplyPlan plan, IReadOnlyList<Versions> versions)
    {
        update.Log = plan.Steps;
        update.Copies = plan.Copies;
        update.MovedContexts = plan.MovedContexts;
        update.OldCode =
        [
            .. versions.SelectMany((version, index) => version.BehindJumps.Select(code => (index, code))),
            .. plan.Copies.Select(copy => (copy.Function, new CodeRange(copy.Copy.Address, (ulong)copy.Copy.Code.Length))),
        ];
        update.AppliedAtBlock = state.Guest.Blocks;
        update.Advance(UpdateCommand.Commit, state.Guest.Blocks);
        update.Blockers = BlockerList.InOldCode(update, submission.Contexts.Select(context => Moved(context, plan)), state.Guest);
        update.Advance(update.Blockers.Count == 0 ? UpdateCommand.Finish : UpdateCommand.Drain, state.Guest.Blocks);
    }

    private static ContextInfo Moved(ContextInfo context, ApplyPlan plan)
    {
        foreach ((int function, RelocatedCopy copy) in plan.Copies)
        {
            if (function == context.Function && context.Rip - copy.Source < Trampoline.Length && copy.TryMapForward(context.Rip, out ulong moved))
            {
                return context with { Rip = moved };
            }
        }

        return context;
    }

    private void Close(LiveUpdate update, Refusal refusal, string detail)
    {
        update.Refusal = refusal;
        update.Detail = detail;
        bool aborted = update.State == UpdateState.Prepared && refusal == Refusal.Internal;
        update.Advance(aborted ? UpdateCommand.Abort : UpdateCommand.Refuse, state.Guest.Blocks);
        state.Journal.About(update, aborted ? JournalEvents.Aborted : JournalEvents.Refused, state.Guest.Blocks);
    }

    private void Inconsistent(LiveUpdate update, string text) =>
        state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.Internal, text);
}
