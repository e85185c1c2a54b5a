using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Transactions;

/// <summary>All that rolling back will write to stacks and code.</summary>
/// <param name="Moves">Stubs that come off, contexts that leave the copies, stubs that are planted.</param>
/// <param name="Code">The undo log backwards.</param>
/// <param name="Activations">Who stays in new code, each with the stub that it will return by.</param>
internal sealed record RollBackPlan(IReadOnlyList<Step> Moves, IReadOnlyList<Step> Code, IReadOnlyList<(ContextInfo Context, Stub? Stub)> Activations);
