using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>The data that one update changes, and what is done to keep both versions of it coherent.</summary>
internal sealed class UpdateData(LiveUpdate update, IReadOnlyList<DataType> types, CodeRange stack, CodeRange scratch, bool isVerified)
{
    public LiveUpdate Update { get; } = update;

    public IReadOnlyList<DataType> Types { get; } = types;

    /// <summary>Whether stores to any of it are monitored while both versions live.</summary>
    public bool HasMonitored { get; } = types.Any(type => type.IsMonitored);

    /// <summary>Stack of transfers.</summary>
    public CodeRange Stack { get; } = stack;

    /// <summary>Memory that a checked transfer goes to and fro in.</summary>
    public CodeRange Scratch { get; } = scratch;

    public PhysicalPiece[] StackPieces { get; set; } = [];

    public PhysicalPiece[] ScratchPieces { get; set; } = [];

    /// <summary>What transfers may store to besides, as long as a hypercall lasts that lists it.</summary>
    public UpdateScratch? Declared { get; set; }

    /// <summary>What was written; null unless the update asks for it.</summary>
    public Ledger? Ledger { get; } = isVerified ? new Ledger() : null;

    /// <summary>Instances whose versions are in the table, by address of the old version.</summary>
    public Dictionary<ulong, Instance> Instances { get; } = [];

    /// <summary>Locks outside of the instances, by index of the type.</summary>
    public Dictionary<int, LockWord> Locks { get; } = [];

    /// <summary>Pages that no version may lie in; found anew when null.</summary>
    public HashSet<ulong>? ForbiddenPages { get; set; }

    /// <summary>Whether both versions live and stores are monitored.</summary>
    public bool IsMonitored { get; set; }

    /// <summary>Bit i: nobody is left in the code that is being left who handles type i, and its instances are not monitored any more.</summary>
    public uint LeftTypes { get; set; }

    /// <summary>Whether one version has been given up, by RETIRE or by a failure.</summary>
    public bool IsOver { get; set; }

    /// <summary>Why the update is about to fail.</summary>
    public TransferFailure? Failure { get; set; }

    /// <summary>Transfers that failed besides, so that what one version said is lost.</summary>
    public int Lost { get; set; }

    public ulong Intercepted { get; set; }

    public ulong Transfers { get; set; }

    public ulong FalseSharing { get; set; }

    public ulong SharedHeadStores { get; set; }

    /// <summary>Transfers that were put off until somebody reads what they write.</summary>
    public ulong PutOff { get; set; }

    /// <summary>Those of them that a load has had made up.</summary>
    public ulong MadeUp { get; set; }

    /// <summary>Whether nobody is left who handles a type, though others are awaited.</summary>
    public bool IsLeft(int type) => (LeftTypes & (1u << type)) != 0;

    /// <summary>What a refusal calls an old version of this update.</summary>
    public string OldOwner { get; } = $"an old version of {update.Name}";

    /// <summary>What a refusal calls a new version of this update.</summary>
    public string NewOwner { get; } = $"a new version of {update.Name}";

    /// <summary>What a refusal calls memory that transfers work in.</summary>
    public string WorkspaceOwner { get; } = $"stack or scratch memory of {update.Name}";

    /// <summary>Instances of which one version is out of date until somebody reads it.</summary>
    public IEnumerable<Instance> OutOfDate => Instances.Values.Where(instance => instance is { IsWatched: true, Type.IsLazy: true } && instance.Written != Side.None);

    /// <summary>Instances that are monitored.</summary>
    public int MonitoredCount { get; set; }
}
