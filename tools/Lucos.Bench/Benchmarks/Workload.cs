using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>One of <c>kbench</c>'s names, measured on the machines of the pool.</summary>
/// <param name="Name">Name of the benchmark.</param>
/// <param name="Group">Its group.</param>
/// <param name="About">What one iteration is.</param>
/// <param name="Argument">What <c>kbench</c> calls it.</param>
/// <param name="Unit">What it is told in.</param>
public sealed record Workload(string Name, string Group, string About, string Argument, Unit Unit)
{
    /// <summary>Its function in the program's symbol table, if it runs without a kernel too: on the bare engine.</summary>
    public string? Function { get; init; }

    /// <summary>MiB that an iteration moves, for <see cref="Unit.MiBPerSecond"/>.</summary>
    public double MiBEach { get; init; }

    /// <summary>Iterations for QEMU when an iteration is mostly waiting there: then its processor time is taken.</summary>
    public ulong? WaitingIterations { get; init; }

    /// <summary>Whether only Lucos can do it.</summary>
    public bool LucosOnly { get; init; }
}
