using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Events;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Updates;

/// <summary>One update in the server's books.</summary>
internal sealed class LiveUpdate(uint id, string name, string version, ulong requestId, StubTable stubs)
{
    public uint Id { get; } = id;

    public string Name { get; } = name;

    public string Version { get; } = version;

    public ulong RequestId { get; } = requestId;

    public UpdateState State { get; private set; } = UpdateState.Submitted;

    public ulong ChangedAtBlock { get; private set; }

    public Refusal Refusal { get; set; }

    public string Detail { get; set; } = "";

    public IReadOnlyList<ReplacedFunction> Functions { get; set; } = [];

    public CodeRange Module { get; set; }

    public CodeRange RelocationArea { get; set; }

    /// <summary>What was written, in order of writing: the undo log.</summary>
    public IReadOnlyList<Step> Log { get; set; } = [];

    /// <summary>Displaced instructions, by index of the function that they were displaced for.</summary>
    public IReadOnlyList<(int Function, RelocatedCopy Copy)> Copies { get; set; } = [];

    /// <summary>Where the versions lie that this update leaves, its own copies of them included.</summary>
    public IReadOnlyList<(int Function, CodeRange Code)> OldCode { get; set; } = [];

    /// <summary>Whether it stays draining, or rolling back, until the manager says that it is complete.</summary>
    public bool Completes { get; set; }

    /// <summary>Activations that are awaited.</summary>
    public DrainSet Drain { get; } = new(stubs);

    /// <summary>What the manager has yet to hear.</summary>
    public EventQueue Events { get; } = new();

    /// <summary>vCPUs that were found in the version that is being left when that was last looked at.</summary>
    public IReadOnlyList<Blocker> CpuBlockers { get; set; } = [];

    /// <summary>Functions that the manager was told to be empty.</summary>
    public HashSet<int> ToldFunctions { get; } = [];

    /// <summary>Whether the manager was told that nobody is awaited.</summary>
    public bool AllLeftTold { get; set; }

    /// <summary>Whether it is not known who is to be awaited until the manager reports.</summary>
    public bool AwaitsReport { get; set; }

    /// <summary>Whether the version that is being left has been given up: monitoring has ended, and those are awaited who ran the other one then.</summary>
    public bool IsRetired { get; set; }

    /// <summary>The data that it changes; null if it changes none.</summary>
    public UpdateData? Data { get; set; }

    /// <summary>Who keeps it from finishing, or from having been rolled back.</summary>
    public IReadOnlyList<Blocker> Blockers =>
    [
        .. Drain.All.Select(activation => BlockerList.Of(activation.Context, Functions, activation.Since)),
        .. CpuBlockers,
    ];

    public int MovedContexts { get; set; }

    public ulong AppliedAtBlock { get; set; }

    public PauseTiming ApplyPause { get; set; } = PauseTiming.None;

    public PauseTiming RollBackPause { get; set; } = PauseTiming.None;

    public bool MemoryReleased { get; set; }

    /// <summary>Whether its jumps are in memory.</summary>
    public bool InForce => State is UpdateState.Coexisting or UpdateState.Draining or UpdateState.Finished;

    /// <summary>Whether its module's memory may still be run.</summary>
    public bool HoldsMemory => InForce || State == UpdateState.RollingBack || (State == UpdateState.RolledBack && !MemoryReleased);

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool IsOver => State is UpdateState.Refused or UpdateState.Aborted || (State == UpdateState.RolledBack && MemoryReleased);

    /// <summary>Puts it into the state in which a snapshot holds it.</summary>
    public void Restore(UpdateState state, ulong changedAtBlock)
    {
        State = state;
        ChangedAtBlock = changedAtBlock;
    }

    /// <summary>Refuses a command that the transition table does not allow now.</summary>
    public void Require(UpdateCommand command)
    {
        Transition row = TransitionTable.For(command);
        if (!row.IsAllowedIn(State))
        {
            throw new RefusedException(
                Refusal.WrongState,
                $"{row.Name} of {Name}: it is {State.Id()}; allowed in {string.Join(", ", row.Allowed.Select(UpdateStates.Id))}");
        }
    }

    /// <summary>Runs a command of the transition table.</summary>
    public void Advance(UpdateCommand command, ulong block)
    {
        Require(command);
        UpdateState next = TransitionTable.For(command).Next ?? State;
        ChangedAtBlock = next == State ? ChangedAtBlock : block;
        State = next;
    }

    /// <summary>The replacement of a booted function, if this update has one.</summary>
    public ReplacedFunction? ReplacementOf(ulong oldAddress)
    {
        foreach (ReplacedFunction function in Functions)
        {
            if (function.OldAddress == oldAddress)
            {
                return function;
            }
        }

        return null;
    }
}
