using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Transactions;

/// <summary>All that applying will write to code and stacks, worked out before the first byte changes.</summary>
/// <param name="Moves">What makes room, in order: copies, contexts, stubs.</param>
/// <param name="Jumps">The jumps: last.</param>
/// <param name="Copies">The copies, by index of the function that they were made for.</param>
/// <param name="MovedContexts">How many contexts move.</param>
/// <param name="Activations">The contexts as they will stand, each with the stub that it will return by.</param>
internal sealed record ApplyPlan(
    IReadOnlyList<Step> Moves,
    IReadOnlyList<Step> Jumps,
    IReadOnlyList<(int Function, RelocatedCopy Copy)> Copies,
    int MovedContexts,
    IReadOnlyList<(ContextInfo Context, Stub? Stub)> Activations);
