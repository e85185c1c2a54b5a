using Lucos.Bench.Reports;

namespace Lucos.Bench.Benchmarks;

/// <summary>What is measured with <c>kbench</c>.</summary>
public static class WorkloadTable
{
    private const double ChunkMiB = 4096.0 / (1 << 20);
    private const double PieceMiB = 65536.0 / (1 << 20);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        Compute("compute-cipher", "cipher", "ChaCha20 blocks"),
        Compute("compute-integer", "integer", "the worst case: a loop of one short block, where counting blocks costs most"),
        Compute("memory", "memory", "loads and stores in 64 KiB"),
        new("memory-copy", "compute", "4 MiB copied to another 4 MiB, word by word", "copying", Unit.MiBPerSecond) { Function = "copying", MiBEach = PieceMiB },
        Compute("memory-stride", "striding", "a word in another page each time, over 4 MiB"),
        Compute("calls", "calls", "calls of a small function"),
        Compute("calls-recursive", "recursion", "Fibonacci numbers by double recursion"),
        Compute("calls-indirect", "indirect", "calls through a changing pointer"),
        Path("syscalls", "syscalls", "getpid"),
        Path("yields", "yields", "the CPU given up to another process"),
        Path("switches", "switches", "a byte to another process and one back through pipes"),
        new("pipe", "paths", "4 KiB at a time through a pipe between two processes", "pipe", Unit.MiBPerSecond) { MiBEach = ChunkMiB },
        Path("fork", "fork", "fork, exit, wait"),
        Path("exec", "exec", "fork, exec, exit, wait"),
        Path("faults", "faults", "first touch of a page"),
        Path("ticks", "ticks", "asleep until the next timer interrupt; for QEMU its processor time") with { WaitingIterations = 250 },
        Path("port-out", "port-out", "OUT to a device register, in the kernel"),
        Path("port-in", "port-in", "IN from a device register, in the kernel"),
        Path("hypercall", "hypercalls", "round trip of a hypercall that only answers") with { LucosOnly = true },
    ];

    private static Workload Compute(string name, string function, string about) =>
        new(name, "compute", about, function, Unit.MegaInstructions) { Function = function };

    private static Workload Path(string name, string argument, string about) => new(name, "paths", about, argument, Unit.NanosecondsEach);
}
