using Lucos.Abi;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>
/// Ends the monitoring of types that nobody handles any more, while an update still waits for others. Looked for when the manager has walked all
/// stacks: what is left over by then is in code that the author says not to touch the type.
/// </summary>
internal sealed class TypesLeft(ServerState state)
{
    /// <summary>Looks for such types. Where nobody is awaited at all, RETIRE is what comes next.</summary>
    public void Look(LiveUpdate update)
    {
        if (update.Data is not { IsMonitored: true, IsOver: false, Failure: null } data || update.IsRetired || update.AwaitsReport || update.AllLeftTold)
        {
            return;
        }

        uint left = 0;
        for (int i = 0; i < data.Types.Count; i++)
        {
            left |= !data.IsLeft(i) && IsUnhandled(update, i) ? 1u << i : 0;
        }

        if (left != 0)
        {
            Leave(update, data, left);
        }
    }

    private static bool IsUnhandled(LiveUpdate update, int type)
    {
        for (int i = 0; i < update.Functions.Count; i++)
        {
            ReplacedFunction function = update.Functions[i];
            if (function.Handles(type) && (update.Drain.CountIn(i) > 0 || update.CpuBlockers.Any(cpu => cpu.Function == function.Name)))
            {
                return false;
            }
        }

        return true;
    }

    private void Leave(LiveUpdate update, UpdateData data, uint left)
    {
        Instance[] instances = [.. data.Instances.Values.Where(instance => (left & (1u << instance.TypeIndex)) != 0).OrderBy(instance => instance.Old)];
        Array.ForEach(instances, state.Stores.MakeUp);

        state.Stores.LetFail();
        if (data.IsOver)
        {
            return;
        }

        data.LeftTypes |= left;
        Array.ForEach(instances, state.Stores.Forget);
        state.Registry.Monitor(data);
        for (int i = 0; i < data.Types.Count; i++)
        {
            if ((left & (1u << i)) != 0)
            {
                state.Journal.Note(JournalEvents.TypeLeft, state.Guest.Blocks, update.Name, detail: $"nobody is left who handles {data.Types[i].Name}: it is not monitored any more");
                state.Progress.Tell(update, UpdateEventKind.TypeLeft, i);
            }
        }
    }
}
