using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Stubs;
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
        var slots = new SlotPlanner(state.Reader, state.Stubs);
        try
        {
            IReadOnlyList<Versions> versions = Verify(update, submission);
            watch.Verified();
            ApplyPlan plan = new ApplyPlanner(state.Guest, state.Reader, submission, slots).Plan(update.Functions, versions);
            update.OldCode = OldCode(versions, plan);
            update.Advance(UpdateCommand.Prepare, state.Guest.Blocks);
            watch.Planned();
            Act(update, plan, watch);
            Settle(update, plan);
        }
        catch (RefusedException e)
        {
            Close(update, slots, e.Refusal, e.Detail);
            e.IsRecorded = true;
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !update.InForce)
        {
            Close(update, slots, Refusal.Internal, e.Message);
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
        update.Completes = (submission.Flags & UpdateFlags.UpdateFlagCompletes) != 0;
        IReadOnlyList<Versions> versions = [.. update.Functions.Select(function => new Versions(function, state.Book))];
        new ContextChecker(state.Reader, state.Guest, state.Stubs).CheckOld(submission, versions);
        update.Data = new DataReader(state.Guest, state.Reader, submission.Module).Read(update, submission);
        if (update.Data is { } data)
        {
            state.Registry.EnterWorkspace(data);
            state.Registry.Enter(update, submission.Instances);
            state.Registry.EnterScratch(data, submission.Ranges);
        }

        update.Advance(UpdateCommand.Verify, state.Guest.Blocks);
        return versions;
    }

    private static (int Function, CodeRange Code)[] OldCode(IReadOnlyList<Versions> versions, ApplyPlan plan) =>
    [
        .. versions.SelectMany((version, index) => version.BehindJumps.Select(code => (index, code))),
        .. plan.Copies.Select(copy => (copy.Function, new CodeRange(copy.Copy.Address, (ulong)copy.Copy.Code.Length))),
    ];

    private void Act(LiveUpdate update, ApplyPlan plan, PauseWatch watch)
    {
        List<IUndoable> changes = [];
        bool isQuiet = plan.Activations.Count == 0 && BlockerList.Cpus(update, state.Guest).Count == 0;
        if (update.Data is { } data)
        {
            changes.Add(new WorkspaceStep(state.Guest, data));
            if (data.Declared is { } scratch)
            {
                changes.Add(new ScratchStep(scratch));
            }

            changes.AddRange(data.Instances.Values.Select(instance => new TransferStep(state.Guest, state.Transfers, instance, Side.Old)));
        }

        changes.AddRange(plan.Moves.Select(step => new PlannedWrite(state.Guest, state.Stubs, step)));
        if (update.Data is { HasMonitored: true } monitored && !isQuiet)
        {
            changes.Add(new MonitorStep(state.Registry, monitored, begins: true));
        }

        changes.AddRange(plan.Jumps.Select(step => new PlannedWrite(state.Guest, state.Stubs, step)));
        using TransferSeries series = TransferSeries.Begin(state.Guest, update);
        try
        {
            new Transaction(state.Observer, text => Inconsistent(update, text), watch).Run(changes);
        }
        catch (StepFailedException e)
        {
            throw e.InnerException is TransferFailedException { Failure: { } failure }
                ? new RefusedException(failure.Refusal, $"{update.Name}: {failure.Detail}")
                : new RefusedException(Refusal.Internal, $"{update.Name}: {e.Message}");
        }

        if (update.Data is { } applied)
        {
            applied.Declared = null;
            state.Registry.DropUnwatched(applied);
        }
    }

    private void Settle(LiveUpdate update, ApplyPlan plan)
    {
        update.Log = [.. plan.Moves.Where(step => step.Kind is not (StepKind.Stub or StepKind.StubTarget)), .. plan.Jumps];
        update.Copies = plan.Copies;
        update.MovedContexts = plan.MovedContexts;
        update.AppliedAtBlock = state.Guest.Blocks;
        update.Advance(UpdateCommand.Commit, state.Guest.Blocks);
        update.CpuBlockers = BlockerList.Cpus(update, state.Guest);
        state.Progress.Begin(update, plan.Activations);
        if (!update.Completes && DrainProgress.IsEmpty(update))
        {
            update.Advance(UpdateCommand.Finish, state.Guest.Blocks);
            return;
        }

        update.Advance(UpdateCommand.Drain, state.Guest.Blocks);
        state.Progress.Settle(update, ring: true);
    }

    private void Close(LiveUpdate update, SlotPlanner slots, Refusal refusal, string detail)
    {
        slots.Forget();
        state.Registry.DropAll(update);
        update.Data = null;
        update.Refusal = refusal;
        update.Detail = detail;
        bool aborted = update.State == UpdateState.Prepared && refusal == Refusal.Internal;
        update.Advance(aborted ? UpdateCommand.Abort : UpdateCommand.Refuse, state.Guest.Blocks);
        state.Journal.About(update, aborted ? JournalEvents.Aborted : JournalEvents.Refused, state.Guest.Blocks);
    }

    private void Inconsistent(LiveUpdate update, string text) =>
        state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.Internal, text);
}
