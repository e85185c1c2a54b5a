namespace Lucos.UpdateServer.Guest;

/// <summary>How a call of a state-transfer function ended.</summary>
/// <param name="Failure">What ended it, and where; null if it returned.</param>
public readonly record struct TransferOutcome(string? Failure)
{
    /// <summary>The function returned.</summary>
    public static TransferOutcome Returned => default;
}
