namespace Lucos.UpdateServer.Data;

/// <summary>Carries a failing transfer out of a transaction.</summary>
internal sealed class TransferFailedException(TransferFailure failure) : Exception(failure.Detail)
{
    public TransferFailure Failure { get; } = failure;
}
