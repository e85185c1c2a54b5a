namespace Lucos.Bench.Machines;

/// <summary>One of those that are measured in turn.</summary>
/// <param name="Name">Who: <c>lucos</c>, <c>qemu</c>, <c>qemu-single</c>, <c>unicorn</c>, <c>unicorn-limit</c>.</param>
/// <param name="Time">What so many iterations take.</param>
/// <param name="Iterations">How many to measure; null to find out how many take long enough.</param>
public sealed record Subject(string Name, Func<ulong, TimeSpan> Time, ulong? Iterations = null);
