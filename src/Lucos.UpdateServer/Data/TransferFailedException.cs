namespace Lucos.UpdateServer.Data;

/// <summary>Carries a failing transfer out of a transaction.</summary>
internal sealed class TransferFailedException(TransferFailure failure, Instance instance) : Exception(failure.Detail)
{
    /// <summary>Whose transfer it was.</summary>
    public Instance Instance { get; } = instance;

    public TransferFailure Failure { get; } = failure;
}
