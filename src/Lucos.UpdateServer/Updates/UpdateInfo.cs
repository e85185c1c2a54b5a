using Lucos.Abi;
using Lucos.UpdateServer.Data;

namespace Lucos.UpdateServer.Updates;

/// <summary>An update as it is at one moment. A copy: it does not change later.</summary>
/// <param name="Id">Its number, from 1 on, never reused.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">Its state.</param>
/// <param name="Refusal">Why it was refused or aborted; <see cref="Abi.Refusal.None"/> otherwise.</param>
/// <param name="Detail">What was refused and where; empty otherwise.</param>
/// <param name="Functions">Names of the functions that it replaces.</param>
/// <param name="Blockers">Who keeps it from finishing, as last reported.</param>
/// <param name="Depth">Position among the updates in force, 0 the oldest; -1 if it is not in force.</param>
/// <param name="RequestId">The operator's request that it answers; 0 if it came from inside the guest.</param>
/// <param name="AppliedAtBlock">Block count when its jumps were written; 0 if they never were.</param>
/// <param name="ChangedAtBlock">Block count when it came into its state.</param>
/// <param name="ApplyPause">How long applying it stopped the guest.</param>
/// <param name="RollBackPause">How long rolling it back stopped the guest.</param>
/// <param name="MovedContexts">Contexts that were moved out of the overwritten bytes.</param>
/// <param name="MemoryReleased">Whether the guest has freed its module.</param>
/// <param name="Stubs">Blockers whose return is awaited by a stub.</param>
/// <param name="Data">The data that it changes; null if it changes none.</param>
public sealed record UpdateInfo(
    uint Id,
    string Name,
    string Version,
    UpdateState State,
    Refusal Refusal,
    string Detail,
    IReadOnlyList<string> Functions,
    IReadOnlyList<Blocker> Blockers,
    int Depth,
    ulong RequestId,
    ulong AppliedAtBlock,
    ulong ChangedAtBlock,
    PauseTiming ApplyPause,
    PauseTiming RollBackPause,
    int MovedContexts,
    bool MemoryReleased,
    int Stubs,
    DataInfo? Data);
