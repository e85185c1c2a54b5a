namespace Lucos.Bench.Benchmarks;

/// <summary>How much is measured.</summary>
/// <param name="Runs">How often each subject is measured.</param>
/// <param name="Sample">What one measurement should take at least: long against the delays of a console.</param>
/// <param name="Scale">Whether sizes go up to the largest (2 GiB, 10,000 threads), or stay at the smallest.</param>
public sealed record BenchAmount(int Runs, TimeSpan Sample, bool Scale);
