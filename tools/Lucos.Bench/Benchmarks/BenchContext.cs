using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Control.Guests;

namespace Lucos.Bench.Benchmarks;

/// <summary>What benchmarks are given: how much to measure, with what, and where results go.</summary>
public sealed class BenchContext : IDisposable
{
    private readonly IReportWriter _report;
    private readonly TextWriter _progress;

    /// <summary>Makes a context.</summary>
    /// <param name="files">The built guest.</param>
    /// <param name="amount">How much to measure.</param>
    /// <param name="useQemu">Whether QEMU takes part.</param>
    /// <param name="report">Where results go.</param>
    /// <param name="progress">Told what is measured now.</param>
    public BenchContext(GuestFiles files, BenchAmount amount, bool useQemu, IReportWriter report, TextWriter progress)
    {
        Files = files;
        Amount = amount;
        UsesQemu = useQemu;
        _report = report;
        _progress = progress;
        Pool = new MachinePool(files, useQemu);
    }

    /// <summary>The built guest.</summary>
    public GuestFiles Files { get; }

    /// <summary>How much to measure.</summary>
    public BenchAmount Amount { get; }

    /// <summary>Whether QEMU takes part.</summary>
    public bool UsesQemu { get; }

    /// <summary>Where curves are drawn; null for nowhere.</summary>
    public FileInfo? Picture { get; init; }

    /// <summary>Booted machines with 64 MiB and one processor.</summary>
    public MachinePool Pool { get; }

    /// <summary>Gives a result to the report.</summary>
    public void Add(Measurement measurement) => _report.Add(measurement);

    /// <summary>Tells what can't be measured here.</summary>
    public void Skip(string name, string reason) => _report.Add(new Skipped(name, reason));

    /// <summary>Tells what is measured now.</summary>
    public void Progress(string text) => _progress.WriteLine(text);

    /// <inheritdoc/>
    public void Dispose() => Pool.Dispose();
}
