using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>BORN, DIED, RETIRE and COMPLETE: the life of both versions of data, and its end.</summary>
internal sealed class DataCalls(ServerState state)
{
    private const ulong OldCode = 0;
    private const ulong NewCode = 1;

    /// <summary>An instance was allocated: its new version is made, and both are monitored if others are.</summary>
    public long Born(HypercallArguments call)
    {
        (InstanceChange change, LiveUpdate update, UpdateData data) = Read(call, UpdateCommand.Born);
        Instance instance = state.Registry.Enter(update, (int)change.Type, change.OldAddress, change.NewAddress);
        TransferFailure? failure = state.Transfers.Run(instance, Side.Old);
        if (failure is null && data.IsMonitored && instance.Type.IsMonitored)
        {
            state.Registry.Monitor(instance);
            return 0;
        }

        // Of an update that failed nobody relies on the new version any more, but who is in new code still reads it.
        bool matters = failure is not null && data.Failure is null;
        state.Registry.Drop(instance);
        return !matters ? 0 : throw new RefusedException(failure!.Refusal, $"{update.Name}: {failure.Detail}");
    }

    /// <summary>An instance is about to be freed.</summary>
    public long Died(HypercallArguments call)
    {
        (InstanceChange change, _, UpdateData data) = Read(call, UpdateCommand.Died);
        if (data.Instances.TryGetValue(change.OldAddress, out Instance? instance) && instance.New == change.NewAddress && instance.TypeIndex == change.Type)
        {
            MakeUp(instance);
            state.Registry.Drop(instance);
            return 0;
        }

        DataType type = data.Types[(int)change.Type];
        return data.IsMonitored && type.IsMonitored
            ? throw new RefusedException(Refusal.BadArgument, $"instance 0x{change.OldAddress:x}, 0x{change.NewAddress:x} of {type.Name} is not known")
            : 0;
    }

    /// <summary>The version that is being left is given up: last transfers, monitoring ends, and those are awaited who run the other one.</summary>
    public long Retire(HypercallArguments call)
    {
        ActivationReport report = state.Reader.ReadVersioned<ActivationReport>(call.Rbx, "activation report");
        LiveUpdate update = state.Book.Find(report.UpdateId);
        update.Require(UpdateCommand.RetireData);
        IReadOnlyList<ContextInfo> contexts = new SubmissionReader(state.Reader).ReadContexts(report.Contexts, report.ContextCount, (uint)update.Functions.Count);
        CheckStaying(update, report, contexts);
        RequireEmpty(update, TransitionTable.For(UpdateCommand.RetireData).Name);
        var slots = new SlotPlanner(state.Reader, state.Stubs);
        var steps = new List<Step>();
        (ContextInfo, Stub?)[] activations = [.. contexts.Select(context => (context, slots.Plant(context, steps)))];
        End(update, slots, steps);
        state.Progress.Begin(update, activations);
        update.IsRetired = true;
        update.Advance(UpdateCommand.RetireData, state.Guest.Blocks);
        state.Journal.About(update, JournalEvents.Retired, state.Guest.Blocks);
        state.Progress.Settle(update, ring: true);
        return 0;
    }

    /// <summary>The manager has done its part: the update is finished, or rolled back.</summary>
    /// <returns>The state after it.</returns>
    public long Complete(HypercallArguments call)
    {
        LiveUpdate update = state.Book.Find(call.Rbx);
        update.Require(UpdateCommand.Complete);
        string command = TransitionTable.For(UpdateCommand.Complete).Name;
        if (!update.Completes || update.Data is { IsOver: false })
        {
            string why = update.Completes ? "its data has not been retired" : "it completes by itself";
            throw new RefusedException(Refusal.WrongState, $"{command} of {update.Name}: {why}");
        }

        RequireEmpty(update, command);
        update.Advance(UpdateCommand.Complete, state.Guest.Blocks);
        state.Progress.End(update, ring: false);
        return (long)update.State;
    }

    // Who frees what belongs to a version looks at it once more, when nobody is told of that.
    private void MakeUp(Instance instance)
    {
        if (instance.Type.IsLazy && instance.Written != Side.None)
        {
            state.Stores.MakeUp(instance);
            state.Stores.LetFail();
        }
    }

    private void End(LiveUpdate update, SlotPlanner slots, List<Step> steps)
    {
        List<IUndoable> changes = [];
        if (update.Data is { } data)
        {
            changes.AddRange(data.Instances.Values
                .Where(instance => instance.Written != Side.None)
                .OrderBy(instance => instance.Old)
                .Select(instance => new TransferStep(state.Guest, state.Transfers, instance, instance.Written)));
            if (data.IsMonitored)
            {
                changes.Add(new MonitorStep(state.Registry, data, begins: false));
            }
        }

        changes.AddRange(steps.Select(step => new PlannedWrite(state.Guest, state.Stubs, step)));
        try
        {
            new Transaction(state.Observer, text => state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.Internal, text)).Run(changes);
        }
        catch (StepFailedException e)
        {
            slots.Forget();
            throw Fail(update, e);
        }

        if (update.Data is { } ended)
        {
            state.Registry.DropInstances(ended);
            ended.IsOver = true;
        }
    }

    private RefusedException Fail(LiveUpdate update, StepFailedException e)
    {
        if (e.InnerException is not TransferFailedException { Failure: { } failure } failed || update.Data is not { } data)
        {
            return new RefusedException(Refusal.Internal, $"{update.Name}: {e.Message}");
        }

        failure = failure.Losing(failed.Instance, failed.Instance.Written);
        failed.Instance.Written = Side.None;
        data.Failure = failure;
        state.Failures.Fail(data);
        return new RefusedException(failure.Refusal, $"{update.Name}: {failure.Detail}");
    }

    private void CheckStaying(LiveUpdate update, in ActivationReport report, IReadOnlyList<ContextInfo> contexts)
    {
        bool forward = update.State == UpdateState.Draining;
        if (update.IsRetired || update.Data is { IsOver: true })
        {
            throw new RefusedException(Refusal.WrongState, $"{TransitionTable.For(UpdateCommand.RetireData).Name} of {update.Name}: it is retired already");
        }

        if (report.OldOrNew != (forward ? NewCode : OldCode))
        {
            throw new RefusedException(Refusal.BadArgument, $"{update.Name} is {update.State.Id()}: {(forward ? "new (1)" : "old (0)")} code stays, not {report.OldOrNew}");
        }

        var checker = new ContextChecker(state.Reader, state.Guest, state.Stubs);
        ContextChecker.CheckDistinct(contexts);
        List<Versions> versions = [.. update.Functions.Select(function => new Versions(function, state.Book))];
        foreach (ContextInfo context in contexts)
        {
            bool stays = forward ? update.Module.Runs(context.Rip, context.Kind) : versions[context.Function].Run(context.Rip, context.Kind);
            if (!stays)
            {
                throw new RefusedException(Refusal.BadArgument, $"thread {context.ThreadId} frame {context.Depth}: 0x{context.Rip:x} is not in the code of {update.Name} that stays");
            }

            checker.CheckSlot(context);
        }
    }

    private void RequireEmpty(LiveUpdate update, string command)
    {
        update.CpuBlockers = update.IsRetired ? [] : BlockerList.Cpus(update, state.Guest);
        if (!DrainProgress.IsEmpty(update))
        {
            string who = update.AwaitsReport ? "who is in the code that is being left has yet to be reported" : BlockerList.Describe(update.Blockers);
            throw new RefusedException(Refusal.WrongState, $"{command} of {update.Name}: {who}");
        }
    }

    private (InstanceChange Change, LiveUpdate Update, UpdateData Data) Read(HypercallArguments call, UpdateCommand command)
    {
        InstanceChange change = state.Reader.ReadVersioned<InstanceChange>(call.Rbx, "instance change");
        LiveUpdate update = state.Book.Find(change.UpdateId);
        update.Require(command);
        return update.Data is { } data && change.Type < data.Types.Count
            ? (change, update, data)
            : throw new RefusedException(Refusal.BadArgument, $"{update.Name} has no type {change.Type}");
    }
}
