using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Stubs;

/// <summary>How the activations that an update awaits become fewer, and what follows: events, and the end of its draining.</summary>
internal sealed class DrainProgress(ServerState state)
{
    // Whether something was told since the doorbell was rung.
    private bool _hasNews;

    /// <summary>Awaits other activations than before.</summary>
    public void Begin(LiveUpdate update, IEnumerable<(ContextInfo Context, Stub? Stub)> activations)
    {
        update.Drain.Clear();
        update.AllLeftTold = false;
        update.AwaitsReport = false;
        foreach ((ContextInfo context, Stub? stub) in activations)
        {
            update.Drain.Add(context, stub, state.Guest.Now);
        }
    }

    /// <summary>A stub is returned to: the activations that awaited it are over.</summary>
    public void Return(Stub stub)
    {
        foreach (LiveUpdate update in state.Book.All)
        {
            if (update.Drain.TryFind(stub, out Activation activation))
            {
                Leave(update, activation);
                Settle(update, ring: true);
            }
        }

        state.Stubs.GiveBack(stub);
    }

    /// <summary>Compares the activations with what the manager found on the stacks.</summary>
    public void Reconcile(LiveUpdate update, IReadOnlyList<ContextInfo> contexts)
    {
        var named = new HashSet<long>();
        List<ContextInfo> unknown = MatchBySlot(update, contexts, named);
        unknown = MatchByThread(update, unknown, named);
        foreach (Activation activation in update.Drain.All.Where(activation => !named.Contains(activation.Sequence)).ToList())
        {
            // A thread that ended inside the function leaves its stub on a dead stack: the second report without it decides.
            bool isGone = activation.Stub is not { } stub || !state.Stubs.IsInPlace(stub) || activation.WasMissing;
            activation.WasMissing = true;
            if (isGone)
            {
                Leave(update, activation);
            }
        }

        if (!update.IsRetired)
        {
            unknown.ForEach(context => update.Drain.Add(context, null, state.Guest.Now));
        }

        update.AwaitsReport = false;
    }

    /// <summary>Looks whether an update has something to tell, and ends its draining if nobody is left and it needs no word of the manager.</summary>
    public void Settle(LiveUpdate update, bool ring)
    {
        if (update.State is not (UpdateState.Draining or UpdateState.RollingBack))
        {
            return;
        }

        update.CpuBlockers = update.IsRetired ? [] : BlockerList.Cpus(update, state.Guest);
        TellEmptyFunctions(update);
        if (!IsEmpty(update))
        {
            update.AllLeftTold = false;
        }
        else if (!update.Completes)
        {
            End(update, ring);
        }
        else if (!update.AllLeftTold)
        {
            update.AllLeftTold = true;
            Tell(update, UpdateEventKind.AllLeft);
        }

        if (ring && _hasNews)
        {
            _hasNews = false;
            state.Guest.RingDoorbell();
        }
    }

    /// <summary>Whether nobody is awaited.</summary>
    public static bool IsEmpty(LiveUpdate update) => update.Drain.Count == 0 && update.CpuBlockers.Count == 0 && !update.AwaitsReport;

    /// <summary>Ends draining or rolling back.</summary>
    public void End(LiveUpdate update, bool ring)
    {
        bool forward = update.State == UpdateState.Draining;
        update.Advance(forward ? UpdateCommand.Finish : UpdateCommand.Retire, state.Guest.Blocks);
        update.Events.Clear();
        if (!forward)
        {
            state.Registry.DropAll(update);
        }

        state.Journal.About(update, forward ? JournalEvents.Finished : JournalEvents.RolledBack, state.Guest.Blocks);
        if (ring)
        {
            state.Guest.RingDoorbell();
        }
    }

    /// <summary>Tells the manager of an update that needs its word to end.</summary>
    public void Tell(LiveUpdate update, UpdateEventKind kind, int function = 0, ContextInfo? who = null)
    {
        if (!update.Completes)
        {
            return;
        }

        _hasNews = true;
        ulong dropped = update.Events.Dropped;
        update.Events.Add(new UpdateEvent
        {
            Kind = (uint)kind,
            Function = (uint)function,
            ThreadId = who?.ThreadId ?? 0,
            Block = state.Guest.Blocks,
            ThreadName = Text16.From(who?.ThreadName ?? ""),
        });
        if (dropped == 0 && update.Events.Dropped > 0)
        {
            state.Journal.Note(JournalEvents.EventsDropped, state.Guest.Blocks, update.Name, detail: $"the manager does not fetch events: more than {Events.EventQueue.Capacity} wait, the oldest are dropped");
        }
    }

    private void Leave(LiveUpdate update, Activation activation)
    {
        update.Drain.Remove(activation);
        if (!update.IsRetired)
        {
            Tell(update, UpdateEventKind.FunctionLeft, activation.Context.Function, activation.Context);
        }
    }

    private void TellEmptyFunctions(LiveUpdate update)
    {
        if (!update.Completes || update.IsRetired || update.AwaitsReport)
        {
            return;
        }

        for (int i = 0; i < update.Functions.Count; i++)
        {
            string name = update.Functions[i].Name;
            if (!update.ToldFunctions.Contains(i) && update.Drain.CountIn(i) == 0 && !update.CpuBlockers.Any(cpu => cpu.Function == name))
            {
                update.ToldFunctions.Add(i);
                Tell(update, UpdateEventKind.ThreadsLeft, i);
            }
        }
    }

    private static List<ContextInfo> MatchBySlot(LiveUpdate update, IReadOnlyList<ContextInfo> contexts, HashSet<long> named)
    {
        Dictionary<ulong, Activation> bySlot = [];
        foreach (Activation activation in update.Drain.All.Where(activation => activation.Context.ReturnSlot != 0))
        {
            bySlot[activation.Context.ReturnSlot] = activation;
        }

        List<ContextInfo> unknown = [];
        foreach (ContextInfo context in contexts)
        {
            if (bySlot.TryGetValue(context.ReturnSlot, out Activation? activation) && activation.Context.Function == context.Function && named.Add(activation.Sequence))
            {
                See(activation, context);
            }
            else
            {
                unknown.Add(context);
            }
        }

        return unknown;
    }

    // An interrupted function may have no return slot at one moment and one at another: the thread's frames are counted.
    private static List<ContextInfo> MatchByThread(LiveUpdate update, List<ContextInfo> contexts, HashSet<long> named)
    {
        ILookup<(uint, int), Activation> byThread = update.Drain.All
            .Where(activation => !named.Contains(activation.Sequence))
            .ToLookup(activation => (activation.Context.ThreadId, activation.Context.Function));
        Dictionary<(uint, int), Queue<Activation>> left = byThread.ToDictionary(group => group.Key, group => new Queue<Activation>(group));
        List<ContextInfo> unknown = [];
        foreach (ContextInfo context in contexts)
        {
            if (left.TryGetValue((context.ThreadId, context.Function), out Queue<Activation>? queue) && queue.TryDequeue(out Activation? activation))
            {
                named.Add(activation.Sequence);
                See(activation, context with { ReturnSlot = activation.Context.ReturnSlot });
            }
            else
            {
                unknown.Add(context);
            }
        }

        return unknown;
    }

    private static void See(Activation activation, ContextInfo context)
    {
        activation.Context = context;
        activation.WasMissing = false;
    }
}
