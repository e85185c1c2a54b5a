using System.Diagnostics;
using Lucos.Bench.Machines;
using Lucos.Bench.Reports;
using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;

namespace Lucos.Bench.Benchmarks;

/// <summary>
/// Snapshots and forks of a guest of 64 MiB at its prompt: taking, forking, a fork's first steps, what each of many forks costs in the
/// host's memory, and snapshots as files.
/// </summary>
public sealed class SnapshotBenchmark : IBenchmark
{
    private const ulong Budget = 20_000_000_000;
    private const ulong Steps = 1000;
    private const ulong Between = 100_000;
    private const int Touched = 64;
    private const int Forks = 200;
    private const int RepetitionsOfARun = 10;
    private const ulong PageBytes = 4096;

    /// <inheritdoc/>
    public string Name => "snapshots";

    /// <inheritdoc/>
    public string Group => "snapshots";

    /// <inheritdoc/>
    public string About => "snapshots, forks in memory and their memory, snapshots as files";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        using var guest = (VmmGuest)new VmmGuestStarter(context.Files).Start(new GuestSettings(), null);
        using var session = new GuestSession(guest);
        session.AwaitPrompt(Budget);
        int runs = context.Amount.Runs * RepetitionsOfARun;
        Take(context, guest, runs);
        using MachineSnapshot snapshot = guest.Machine.TakeSnapshot();
        Fork(context, snapshot, runs);
        Keep(context, snapshot);
        Save(context, snapshot);
    }

    private static void Take(BenchContext context, VmmGuest guest, int runs)
    {
        // The first one seals the memory's file and maps it anew; the others copy what was changed since.
        double first = Microseconds(() => guest.Machine.TakeSnapshot().Dispose());
        context.Add(Measurement.Of("snapshot-first", Unit.Microseconds, [first]));
        context.Add(Measurement.Of("snapshot-take", Unit.Microseconds, Repeat(runs, () =>
        {
            guest.Run(Between);
            return Microseconds(() => guest.Machine.TakeSnapshot().Dispose());
        })));
    }

    private static void Fork(BenchContext context, MachineSnapshot snapshot, int runs)
    {
        // The first forks of a process compile the monitor's code.
        Repeat(runs, () => Timed(snapshot, TouchAfterSteps));
        context.Add(Measurement.Of("fork", Unit.Microseconds, Repeat(runs, () => Timed(snapshot, _ => { }))));
        context.Add(Measurement.Of("fork-first-steps", Unit.Microseconds, Repeat(runs, () => Timed(snapshot, f => f.Run(Steps)))));
        context.Add(Measurement.Of("fork-64-pages", Unit.Microseconds, Repeat(runs, () => Timed(snapshot, TouchAfterSteps))));
        context.Add(Measurement.Of("fork-end", Unit.Microseconds, Repeat(runs, () =>
        {
            var fork = new VmmGuest(snapshot, NullJournal.Instance);
            fork.Run(Steps);
            return Microseconds(fork.Dispose);
        })));
    }

    private static void Keep(BenchContext context, MachineSnapshot snapshot)
    {
        var forks = new List<VmmGuest>();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        double before = ProcessFacts.ResidentMiB(Environment.ProcessId);
        for (int i = 0; i < Forks; i++)
        {
            forks.Add(new VmmGuest(snapshot, NullJournal.Instance));
        }

        double made = ProcessFacts.ResidentMiB(Environment.ProcessId);
        forks.ForEach(TouchAfterSteps);
        double touched = ProcessFacts.ResidentMiB(Environment.ProcessId);
        forks.ForEach(fork => fork.Dispose());
        context.Add(Measurement.Of("fork-resident-made", Unit.MiB, [(made - before) / Forks]));
        context.Add(Measurement.Of("fork-resident-64-pages", Unit.MiB, [(touched - before) / Forks]));
    }

    private static void Save(BenchContext context, MachineSnapshot snapshot)
    {
        string file = Path.GetTempFileName();
        try
        {
            KernelImage? kernel = snapshot.Options.Kernel;
            context.Add(Measurement.Of("snapshot-write", Unit.Milliseconds, Repeat(context.Amount.Runs, () => Microseconds(() => SnapshotFile.Save(snapshot, file)) / 1000)));
            context.Add(Measurement.Of("snapshot-read", Unit.Milliseconds, Repeat(context.Amount.Runs, () => Microseconds(() => SnapshotFile.Load(file, kernel).Dispose()) / 1000)));
            context.Add(Measurement.Of("snapshot-file", Unit.MiB, [new FileInfo(file).Length / 1048576.0]));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void TouchAfterSteps(VmmGuest fork)
    {
        fork.Run(Steps);
        GuestMemory memory = fork.Machine.Memory;
        for (ulong page = 0; page < Touched; page++)
        {
            memory.WriteUInt64(new GuestPhysicalAddress((memory.Size / 2) + (page * PageBytes)), page);
        }
    }

    private static double Timed(MachineSnapshot snapshot, Action<VmmGuest> then)
    {
        long start = Stopwatch.GetTimestamp();
        using var fork = new VmmGuest(snapshot, NullJournal.Instance);
        then(fork);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static double Microseconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static double[] Repeat(int count, Func<double> measure) => [.. Enumerable.Range(0, count).Select(_ => measure())];
}
