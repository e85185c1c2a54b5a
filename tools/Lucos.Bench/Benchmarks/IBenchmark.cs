namespace Lucos.Bench.Benchmarks;

/// <summary>Measurements that are taken together.</summary>
public interface IBenchmark
{
    /// <summary>Its name, for <c>--only</c>.</summary>
    string Name { get; }

    /// <summary>The group that it is in; <c>--only</c> takes groups too.</summary>
    string Group { get; }

    /// <summary>What it measures, in one line.</summary>
    string About { get; }

    /// <summary>Measures.</summary>
    void Run(BenchContext context);
}
