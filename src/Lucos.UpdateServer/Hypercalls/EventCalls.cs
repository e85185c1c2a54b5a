using Lucos.Abi;
using Lucos.UpdateServer.Events;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>EVENTS and RETURN_ADDRESS.</summary>
internal sealed class EventCalls(ServerState state)
{
    /// <summary>Hands events over, oldest first.</summary>
    /// <returns>How many.</returns>
    public long Events(HypercallArguments call)
    {
        LiveUpdate update = state.Book.Find(call.Rbx);
        int count = (int)Math.Min(Math.Min(call.Rsi, EventQueue.Capacity), (ulong)update.Events.Count);
        if (count > 0)
        {
            state.Reader.WriteArray(call.Rcx, [.. update.Events.Waiting.Take(count)], "events");
            update.Events.Take(count);
        }

        return count;
    }

    /// <summary>Tells what a stub stands for.</summary>
    /// <returns>The return address; 0 if it is no stub's.</returns>
    public long ReturnAddress(HypercallArguments call) =>
        state.Stubs.TryFind(call.Rbx, out Stub stub) ? unchecked((long)stub.ReturnAddress) : 0;
}
