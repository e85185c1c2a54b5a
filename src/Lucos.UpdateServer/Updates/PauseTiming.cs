namespace Lucos.UpdateServer.Updates;

/// <summary>
/// How long a hypercall kept the guest stopped. Host time, in microseconds: for people and benchmarks, never shown to the guest.
/// </summary>
/// <param name="VerifyMicroseconds">Reading and checking the descriptor and the expected bytes.</param>
/// <param name="PlanMicroseconds">Working out jumps and copies.</param>
/// <param name="WriteMicroseconds">Writing them; what the next three count is not counted.</param>
/// <param name="InvalidateMicroseconds">Invalidating translated code on all engines.</param>
/// <param name="TransferMicroseconds">Making one version of data from the other.</param>
/// <param name="ProtectMicroseconds">Closing pages to stores, or opening them.</param>
/// <param name="TotalMicroseconds">From the handler's entry to its end.</param>
/// <param name="ProcessorMicroseconds">
/// Processor time of the thread that runs the guest meanwhile: what the total would be on a host that does nothing else. Not kept in snapshots.
/// </param>
/// <param name="Blocks">Guest blocks that passed meanwhile: 0 unless other vCPUs ran.</param>
public sealed record PauseTiming(
    double VerifyMicroseconds,
    double PlanMicroseconds,
    double WriteMicroseconds,
    double InvalidateMicroseconds,
    double TransferMicroseconds,
    double ProtectMicroseconds,
    double TotalMicroseconds,
    double ProcessorMicroseconds,
    ulong Blocks)
{
    /// <summary>No pause was measured.</summary>
    public static PauseTiming None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
