using Lucos.Abi;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer;

/// <summary>What the groups of hypercalls share.</summary>
internal sealed class ServerState(IGuest guest, IJournal sink)
{
    public IGuest Guest { get; } = guest;

    public GuestReader Reader { get; } = new(guest);

    public UpdateBook Book { get; } = new();

    public RequestQueue Requests { get; } = new();

    public JournalRing Journal { get; } = new(sink);

    public IStepObserver? Observer { get; set; }

    /// <summary>Whether an Update Manager has made itself known.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>What was last refused, for QUERY of update 0: reason and detail.</summary>
    public (Refusal Refusal, string Detail) LastRefusal { get; set; }
}
