using Lucos.Abi;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>What happens when a transfer fails while both versions live: old code runs again, and reads old versions, which are whole.</summary>
internal sealed class UpdateFailure(ServerState state)
{
    /// <summary>Lets an update fail whose data says why. All vCPUs stand between two instructions.</summary>
    public void Fail(UpdateData data)
    {
        LiveUpdate? update = state.Book.All.FirstOrDefault(update => update.Data == data);
        if (update is null || data.IsOver || data.Failure is not { } failure)
        {
            return;
        }

        MakeUp(data);
        state.Registry.DropInstances(data);
        data.IsOver = true;
        if (update.State == UpdateState.Draining)
        {
            TakeJumpsAway(update);
            update.Drain.Clear();
            update.AwaitsReport = true;
            update.ToldFunctions.Clear();
        }

        update.Refusal = failure.Refusal;
        update.Detail = data.Lost == 0 ? failure.Detail : $"{failure.Detail}; {data.Lost} more transfers failed on the way back, and what they were to carry over is lost";
        update.AllLeftTold = false;
        update.Advance(UpdateCommand.Fail, state.Guest.Blocks);
        update.Log = [];
        update.Copies = [];
        state.Progress.Tell(update, UpdateEventKind.Failed);
        state.Journal.About(update, JournalEvents.Failed, state.Guest.Blocks);
        state.Guest.RingDoorbell();
    }

    // Old code must find what new code wrote, and who is still in new code what old code wrote: nobody brings it up to date from here on.
    private void MakeUp(UpdateData data)
    {
        foreach (Instance instance in data.Instances.Values.Where(instance => instance.Type.IsLazy && instance.Written != Side.None).OrderBy(instance => instance.Old))
        {
            if (instance.Written != Side.None)
            {
                state.Stores.MakeUp(instance);
            }
        }

        if (data.Update.State == UpdateState.Draining)
        {
            CarryBack(data);
        }
    }

    // Of types that are left, old versions are no longer kept up to date; where the old code is the one that is left, nobody reads them.
    private void CarryBack(UpdateData data)
    {
        foreach (Instance instance in data.Instances.Values.Where(instance => data.IsLeft(instance.TypeIndex) && instance.Type.IsMonitored).OrderBy(instance => instance.Old))
        {
            if (state.Transfers.Run(instance, Side.New) is not null)
            {
                data.Lost++;
            }
        }
    }

    // Copies of displaced instructions stay: who stands in one goes on into the old body, and is awaited like one in new code.
    private void TakeJumpsAway(LiveUpdate update)
    {
        for (int i = update.Log.Count - 1; i >= 0; i--)
        {
            Step step = update.Log[i];
            if (step.Kind != StepKind.Jump)
            {
                continue;
            }

            var found = new byte[step.New.Length];
            if (state.Guest.TryRead(step.Address, found) && found.AsSpan().SequenceEqual(step.New))
            {
                state.Guest.WriteCode(step.Address, step.Old);
            }
            else
            {
                state.Journal.Note(JournalEvents.Inconsistent, state.Guest.Blocks, update.Name, Refusal.OldBytesMismatch, $"{step}: somebody else writes code; it stays");
            }
        }
    }
}
