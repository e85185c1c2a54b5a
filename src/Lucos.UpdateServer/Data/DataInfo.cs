using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Data;

/// <summary>The data of an update as it is at one moment.</summary>
/// <param name="Types">The changed data structures.</param>
/// <param name="IsMonitored">Whether both versions live and stores to them are intercepted.</param>
/// <param name="Instances">Instances that are monitored.</param>
/// <param name="Intercepted">Stores to monitored pages so far.</param>
/// <param name="Transfers">State transfers so far.</param>
/// <param name="FalseSharing">Stores to monitored pages that hit no instance.</param>
/// <param name="SharedHeadStores">Stores that hit only what both versions share.</param>
/// <param name="PutOff">Transfers that were put off until somebody reads the version that is out of date.</param>
/// <param name="MadeUp">Those of them that such a read has had made.</param>
/// <param name="OutOfDate">Instances of which one version is out of date now: memory shows what it said before.</param>
/// <param name="LedgerEntries">Stores that went into the coherence ledger; null without a ledger.</param>
public sealed record DataInfo(
    IReadOnlyList<TypeInfo> Types,
    bool IsMonitored,
    int Instances,
    ulong Intercepted,
    ulong Transfers,
    ulong FalseSharing,
    ulong SharedHeadStores,
    ulong PutOff,
    ulong MadeUp,
    int OutOfDate,
    ulong? LedgerEntries)
{
    internal static DataInfo? Of(LiveUpdate update) => update.Data is { } data
        ? new DataInfo(
            TypeInfo.Of(data),
            data.IsMonitored,
            data.MonitoredCount,
            data.Intercepted,
            data.Transfers,
            data.FalseSharing,
            data.SharedHeadStores,
            data.PutOff,
            data.MadeUp,
            data.OutOfDate.Count(),
            data.Ledger?.Total)
        : null;
}
