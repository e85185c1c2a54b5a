using Lucos.Abi;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer;

/// <summary>What the groups of hypercalls share.</summary>
internal sealed class ServerState
{
    public ServerState(IGuest guest, IJournal sink)
    {
        Guest = guest;
        Reader = new GuestReader(guest);
        Stubs = new StubTable(guest);
        Book = new UpdateBook(Stubs);
        Instances = new InstanceTable(guest);
        Registry = new InstanceRegistry(this);
        Loads = new MonitoredLoads(this);
        Transfers = new TransferRunner(guest, Loads);
        Journal = new JournalRing(sink);
        Progress = new DrainProgress(this);
        Failures = new UpdateFailure(this);
        Stores = new MonitoredStores(this);
        Preview = new LoadPreview(this);
        TypesLeft = new TypesLeft(this);
    }

    public IGuest Guest { get; }

    public GuestReader Reader { get; }

    /// <summary>Stubs of all updates.</summary>
    public StubTable Stubs { get; }

    public UpdateBook Book { get; }

    /// <summary>Both versions of all instances that updates keep coherent.</summary>
    public InstanceTable Instances { get; }

    public InstanceRegistry Registry { get; }

    public TransferRunner Transfers { get; }

    public DrainProgress Progress { get; }

    public UpdateFailure Failures { get; }

    public MonitoredStores Stores { get; }

    public MonitoredLoads Loads { get; }

    public LoadPreview Preview { get; }

    public TypesLeft TypesLeft { get; }

    public RequestQueue Requests { get; } = new();

    public JournalRing Journal { get; }

    public IStepObserver? Observer { get; set; }

    /// <summary>Whether an Update Manager has made itself known.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>What was last refused, for QUERY of update 0: reason and detail.</summary>
    public (Refusal Refusal, string Detail) LastRefusal { get; set; }
}
