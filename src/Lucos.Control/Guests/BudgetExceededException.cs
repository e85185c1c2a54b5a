namespace Lucos.Control.Guests;

/// <summary>Something awaited of the guest did not happen within the blocks allowed.</summary>
public sealed class BudgetExceededException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="awaited">What was awaited.</param>
    /// <param name="budget">Blocks allowed.</param>
    public BudgetExceededException(string awaited, ulong budget)
        : base($"waited {budget} guest blocks in vain for {awaited}")
    {
    }
}
