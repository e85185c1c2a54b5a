using Lucos.UpdateServer.Code;

namespace Lucos.UpdateServer.Transactions;

/// <summary>All that applying will write, worked out before the first byte changes.</summary>
/// <param name="Steps">In order: copies, contexts, jumps.</param>
/// <param name="Copies">The copies, by index of the function that they were made for.</param>
/// <param name="MovedContexts">How many contexts move.</param>
internal sealed record ApplyPlan(IReadOnlyList<Step> Steps, IReadOnlyList<(int Function, RelocatedCopy Copy)> Copies, int MovedContexts);
