using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>REPORT, QUERY and RELEASED: how an update goes on after its bytes were written.</summary>
internal sealed class StatusCalls(ServerState state)
{
    private const ulong OldCode = 0;
    private const ulong NewCode = 1;

    /// <summary>Takes the manager's walk of all stacks; an update that nobody blocks moves on.</summary>
    /// <returns>The state after it.</returns>
    public long Report(HypercallArguments call)
    {
        ActivationReport report = state.Reader.ReadVersioned<ActivationReport>(call.Rbx, "activation report");
        LiveUpdate update = state.Book.Find(report.UpdateId);
        if (report.OldOrNew is not (OldCode or NewCode))
        {
            throw new RefusedException(Refusal.BadArgument, $"report on {update.Name}: neither old (0) nor new (1) code but {report.OldOrNew}");
        }

        UpdateCommand command = Command(update, report.OldOrNew == OldCode);
        update.Require(command);
        IReadOnlyList<ContextInfo> contexts = new SubmissionReader(state.Reader).ReadContexts(report.Contexts, report.ContextCount, (uint)update.Functions.Count);
        update.Advance(command, state.Guest.Blocks);
        state.Progress.Reconcile(update, contexts);
        state.Progress.Settle(update, ring: update.Completes);
        state.TypesLeft.Look(update);
        return (long)update.State;
    }

    private static UpdateCommand Command(LiveUpdate update, bool old)
    {
        if (!update.IsRetired)
        {
            return old ? UpdateCommand.ReportOld : UpdateCommand.ReportNew;
        }

        return old == (update.State == UpdateState.RollingBack)
            ? UpdateCommand.ReportRetired
            : throw new RefusedException(Refusal.WrongState, $"report on {update.Name}: its data is retired, and those are awaited who ran {(old ? "new" : "old")} code then");
    }

    /// <summary>Writes an update's status; for number 0 that of what was last refused.</summary>
    public long Query(HypercallArguments call)
    {
        UpdateStatus status = call.Rbx == 0 ? LastRefusal() : Describe(state.Book.Find(call.Rbx));
        state.Reader.WriteVersioned(call.Rcx, status, "update status");
        return 0;
    }

    /// <summary>The guest has freed the module of a rolled-back update: its addresses may be used again.</summary>
    public long Released(HypercallArguments call)
    {
        LiveUpdate update = state.Book.Find(call.Rbx);
        update.Advance(UpdateCommand.Release, state.Guest.Blocks);
        if (!update.MemoryReleased)
        {
            update.MemoryReleased = true;
            state.Journal.About(update, JournalEvents.Released, state.Guest.Blocks);
        }

        return 0;
    }

    private UpdateStatus LastRefusal() => new()
    {
        State = (uint)(state.LastRefusal.Refusal == Refusal.None ? UpdateState.None : UpdateState.Refused),
        Refusal = (uint)state.LastRefusal.Refusal,
        Detail = Text128.From(state.LastRefusal.Detail ?? ""),
    };

    private UpdateStatus Describe(LiveUpdate update) => new()
    {
        UpdateId = update.Id,
        State = (uint)update.State,
        Refusal = (uint)update.Refusal,
        Activations = (uint)(update.Drain.Count + update.CpuBlockers.Count),
        FunctionCount = (uint)update.Functions.Count,
        Depth = (uint)Math.Max(0, state.Book.DepthOf(update)),
        Name = Text64.From(update.Name),
        Version = Text32.From(update.Version),
        Detail = Text128.From(update.Detail.Length > 0 ? update.Detail : BlockerList.Describe(update.Blockers)),
        PauseBlocks = update.ApplyPause.Blocks,
        AppliedAtBlock = update.AppliedAtBlock,
        Instances = (uint)(update.Data?.MonitoredCount ?? 0),
        Stubs = (uint)update.Drain.StubCount,
        Intercepted = update.Data?.Intercepted ?? 0,
        Transfers = update.Data?.Transfers ?? 0,
        FalseSharing = update.Data?.FalseSharing ?? 0,
    };
}
