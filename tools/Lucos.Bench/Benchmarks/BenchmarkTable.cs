namespace Lucos.Bench.Benchmarks;

/// <summary>All benchmarks, in the order in which they run.</summary>
public static class BenchmarkTable
{
    /// <summary>The list.</summary>
    public static IReadOnlyList<IBenchmark> All { get; } =
    [
        new BootBenchmark(),
        new MarkerBenchmark(),
        .. WorkloadTable.All.Select(w => new WorkloadBenchmark(w)),
        new IdleServerBenchmark("cipher"),
        new IdleServerBenchmark("syscalls"),
        new IdleServerBenchmark("pipe"),
        new CpuScalingBenchmark(),
        new MemoryScalingBenchmark(),
        new ThreadScalingBenchmark(),
        new UpdateBenchmark(),
        new SnapshotBenchmark(),
        new DataStoreBenchmark(),
        new DataLazyBenchmark(),
        new DataPauseBenchmark(),
        new DataThroughputBenchmark(),
        new LimitsBenchmark(),
        new GuardBenchmark(),
    ];

    /// <summary>What <c>--only</c> takes: names and groups.</summary>
    public static string[] Names { get; } = [.. All.SelectMany(b => new[] { b.Group, b.Name }).Distinct()];

    /// <summary>Those with one of these names or in one of these groups; all for an empty list.</summary>
    public static IEnumerable<IBenchmark> Choose(string[] only)
    {
        ArgumentNullException.ThrowIfNull(only);
        return All.Where(b => only.Length == 0 || only.Contains(b.Name) || only.Contains(b.Group));
    }
}
