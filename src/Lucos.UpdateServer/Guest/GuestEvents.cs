using Lucos.Abi;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Stubs;

namespace Lucos.UpdateServer.Guest;

/// <summary>Takes what the guest does to the server, under the server's lock. A defect of ours becomes a journal record.</summary>
internal sealed class GuestEvents(ServerState state, Lock gate) : IGuestListener
{
    // Made once: both are asked for single stores and loads.
    private readonly Func<ulong, int, bool> _mayMatter = state.Stores.MayMatter;
    private readonly Func<ulong, int, bool> _onLoad = state.Loads.OnLoad;

    public bool OnStore(in GuestStore store)
    {
        lock (gate)
        {
            try
            {
                return state.Stores.OnStore(store);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Note(e);
                return false;
            }
        }
    }

    public bool NeedsStep(ulong physical, int size) => Ask(_mayMatter, physical, size, otherwise: true);

    public bool OnLoad(ulong physical, int size) => Ask(_onLoad, physical, size, otherwise: false);

    public void AtBoundary()
    {
        lock (gate)
        {
            try
            {
                state.Stores.AtBoundary();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Note(e);
            }
        }
    }

    public bool TryReturn(ulong stub, out ulong returnAddress)
    {
        lock (gate)
        {
            returnAddress = 0;
            try
            {
                bool found = state.Stubs.TryFind(stub, out Stub known);
                returnAddress = found ? known.ReturnAddress : 0;
                if (found)
                {
                    state.Progress.Return(known);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Note(e);
            }

            return returnAddress != 0;
        }
    }

    private bool Ask(Func<ulong, int, bool> question, ulong physical, int size, bool otherwise)
    {
        lock (gate)
        {
            try
            {
                return question(physical, size);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Note(e);
                return otherwise;
            }
        }
    }

    private void Note(Exception e) =>
        state.Journal.Note(JournalEvents.Internal, state.Guest.Blocks, refusal: Refusal.Internal, detail: e.ToString());
}
