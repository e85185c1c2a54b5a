using Lucos.Abi;

namespace Lucos.UpdateServer.Data;

/// <summary>Why a transfer failed; what it wrote has been put back.</summary>
/// <param name="Refusal"><see cref="Refusal.TransferFailed"/> or <see cref="Refusal.Incoherent"/>.</param>
/// <param name="Detail">Type, instance, and what happened where.</param>
internal sealed record TransferFailure(Refusal Refusal, string Detail)
{
    /// <summary>The same of an update that fails, so that old code goes on with what it has.</summary>
    /// <param name="instance">Whose transfer it was.</param>
    /// <param name="source">The version that was to be carried over.</param>
    public TransferFailure Losing(Instance instance, Side source) =>
        (source == Side.New ? this with { Detail = $"{Detail}; what new code wrote there is lost" } : this).Naming(instance);

    /// <summary>The same with the newest write to a version of the instance, if a ledger knows it.</summary>
    public TransferFailure Naming(Instance instance) => instance.Data.Ledger?.LastOf(instance.Old) is { } write
        ? this with { Detail = $"{Detail}; {write.Size} bytes written to the {(write.IsNew ? "new" : "old")} version +0x{write.Offset:x} at 0x{write.Rip:x}, vCPU {write.Cpu}, block {write.Block}" }
        : this;
}
