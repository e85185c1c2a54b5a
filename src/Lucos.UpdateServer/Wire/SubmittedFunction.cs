namespace Lucos.UpdateServer.Wire;

/// <summary>A function as the manager describes it; its texts are checked, its addresses are not.</summary>
internal sealed record SubmittedFunction(
    string Name,
    ulong OldAddress,
    uint OldSize,
    ulong OldBytes,
    byte[] OldHash,
    ulong NewAddress,
    uint NewSize,
    uint Activations,
    uint UntouchedTypes);
