using Lucos.Abi;

namespace Lucos.UpdateServer.Data;

/// <summary>Why a transfer failed; what it wrote has been put back.</summary>
/// <param name="Refusal"><see cref="Refusal.TransferFailed"/> or <see cref="Refusal.Incoherent"/>.</param>
/// <param name="Detail">Type, instance, and what happened where.</param>
internal sealed record TransferFailure(Refusal Refusal, string Detail);
