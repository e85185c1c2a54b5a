using Lucos.UpdateServer.Updates;

namespace Lucos.Bench.Data;

/// <summary>How long the beginning of a data update stopped a guest.</summary>
/// <param name="Host">The server's part, in the host's time; the guest's clock stands still.</param>
/// <param name="GuestMicroseconds">
/// The Update Manager's part, in the guest's time: it keeps the processors parked while it walks the stacks and lists the instances.
/// </param>
public sealed record PauseSample(PauseTiming Host, double GuestMicroseconds);
