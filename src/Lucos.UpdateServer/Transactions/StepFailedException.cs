namespace Lucos.UpdateServer.Transactions;

/// <summary>A step of a transaction threw; the transaction has been unwound.</summary>
internal sealed class StepFailedException(int index, string step, Exception inner)
    : Exception($"step {index} ({step}) failed: {inner.Message}", inner);
