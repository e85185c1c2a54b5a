using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Stubs;
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
        var slots = new SlotPlanner(state.Reader, state.Stubs);
        bool entered = false;
        RollBackPlan plan;
        try
        {
            plan = new RollBackPlanner(state.Guest, state.Reader, new ContextChecker(state.Reader, state.Guest, state.Stubs), slots, update).Plan(submission.Contexts);
            entered = Enter(update, submission);
            EnterScratch(update, submission);
            watch.Planned();
            Act(update, plan, entered, watch);
        }
        catch (RefusedException)
        {
            slots.Forget();
            if (entered || update.Data is { IsMonitored: false })
            {
                state.Registry.DropInstances(update.Data!);
            }

            throw;
        }
        finally
        {
            if (update.Data is { } data)
            {
                data.Declared = null;
            }
        }

        Settle(update, plan);
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

    /// <summary>Makes the instances known, unless they are: then the manager may name no others.</summary>
    /// <returns>Whether they were not.</returns>
    private bool Enter(LiveUpdate update, Submission submission)
    {
        if (update.Data is not { } data)
        {
            return submission.Instances.Count == 0 ? false : throw new RefusedException(Refusal.BadArgument, $"{update.Name} changes no data");
        }

        if (!data.IsMonitored)
        {
            state.Registry.Enter(update, [.. submission.Instances.Where(raw => raw.Type >= data.Types.Count || !data.Types[(int)raw.Type].IsShadow)]);
            return true;
        }

        foreach (InstanceDescriptor raw in submission.Instances)
        {
            bool known = raw.Type < data.Types.Count
                && (data.Types[(int)raw.Type].IsShadow
                    || (data.Instances.TryGetValue(raw.OldAddress, out Instance? instance) && instance.New == raw.NewAddress && instance.TypeIndex == raw.Type));
            if (!known)
            {
                throw new RefusedException(Refusal.BadArgument, $"instance 0x{raw.OldAddress:x}, 0x{raw.NewAddress:x} of {update.Name} is not known");
            }
        }

        return false;
    }

    private void EnterScratch(LiveUpdate update, Submission submission)
    {
        if (update.Data is { } data)
        {
            state.Registry.EnterScratch(data, submission.Ranges);
        }
        else if (submission.Ranges.Count > 0)
        {
            throw new RefusedException(Refusal.BadArgument, $"{update.Name} changes no data, and lists {submission.Ranges.Count} writable ranges");
        }
    }

    private void Act(LiveUpdate update, RollBackPlan plan, bool entered, PauseWatch watch)
    {
        List<IUndoable> changes = [];
        if (update.Data is { } data)
        {
            changes.Add(new WorkspaceStep(state.Guest, data));
            if (data.Declared is { } scratch)
            {
                changes.Add(new ScratchStep(scratch));
            }

            changes.AddRange(data.Instances.Values
                .Where(instance => entered || instance.Written != Side.None || data.IsLeft(instance.TypeIndex))
                .OrderBy(instance => instance.Old)
                .Select(instance => new TransferStep(state.Guest, state.Transfers, instance, instance.Written != Side.None ? instance.Written : Side.New)));
            if ((entered && data.HasMonitored && !IsQuiet(update, plan)) || data.LeftTypes != 0)
            {
                changes.Add(new MonitorStep(state.Registry, data, begins: true));
            }
        }

        changes.AddRange(plan.Moves.Concat(plan.Code).Select(step => new PlannedWrite(state.Guest, state.Stubs, step)));
        using TransferSeries series = TransferSeries.Begin(state.Guest, update);
        try
        {
            new Transaction(state.Observer, text => Inconsistent(update, text), watch).Run(changes);
        }
        catch (StepFailedException e)
        {
            throw e.InnerException is TransferFailedException { Failure: { } failure, Instance: { } instance }
                ? new RefusedException(failure.Refusal, $"{update.Name}: {failure.Naming(instance).Detail}")
                : new RefusedException(Refusal.Internal, $"{update.Name}: {e.Message}");
        }
    }

    private bool IsQuiet(LiveUpdate update, RollBackPlan plan) =>
        plan.Activations.Count == 0
        && !Enumerable.Range(0, state.Guest.CpuCount).Any(cpu => update.Module.Runs(state.Guest.GetRip(cpu), ContextKind.InterruptFrame));

    private void Settle(LiveUpdate update, RollBackPlan plan)
    {
        if (update.Data is { } data)
        {
            state.Registry.DropUnwatched(data);
            data.IsOver = false;
        }

        update.Log = [];
        update.Copies = [];
        update.IsRetired = false;
        update.ToldFunctions.Clear();
        update.Events.Clear();
        update.Advance(UpdateCommand.RollBack, state.Guest.Blocks);
        update.CpuBlockers = BlockerList.Cpus(update, state.Guest);
        state.Progress.Begin(update, plan.Activations);
        if (!update.Completes && DrainProgress.IsEmpty(update))
        {
            update.Advance(UpdateCommand.Retire, state.Guest.Blocks);
            return;
        }

        state.Progress.Settle(update, ring: update.Completes);
    }

    private void Inconsistent(LiveUpdate update, string text) =>
        state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.Internal, text);
}
