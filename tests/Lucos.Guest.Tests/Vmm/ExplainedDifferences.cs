namespace Lucos.Guest.Tests.Vmm;

/// <summary>Where memory may differ from what it would have been without an update that was undone: names of <see cref="MemoryRegions"/>, each with its reason.</summary>
internal static class ExplainedDifferences
{
    /// <summary>What may differ, and why.</summary>
    private static readonly Dictionary<string, string> s_always = new()
    {
        ["data: ticks"] = "the update's work takes guest time, so the clocks are further on",
        ["data: cpus.ticks"] = "the same",
        ["data: cpu_load"] = "the same: counts ticks",
        ["data: cpus.passes"] = "the same: how often the scheduler was called",
        ["data: min_vruntime.in.sched.c"] = "time that threads have had",
        ["thread.vruntime"] = "the same",
        ["thread.started_ns"] = "the same",
        ["thread.cpu_ticks"] = "the same",
        ["thread.switches"] = "the same",
        ["thread.slice"] = "the same",
        ["data: idle.0.in.thread.c"] = "the same, of the boot processor's idle thread",
        ["data: next_tid.in.thread.c"] = "callbacks run in threads of their own, and numbers are not used twice",
        ["data: klog_buffer"] = "the log, which tells of the update",
        ["data: klog_written"] = "the same",
        ["data: head.in.uart.c"] = "the console's output ring, which tells of it too",
        ["data: tail.in.uart.c"] = "the same",
        ["data: queue.in.uart.c"] = "the same",
        ["update-manager: events"] = "the manager's history, which tells of it too",
        ["update-manager: events_written"] = "the same",
        ["data: boot_stack"] = "stack of the boot processor's idle thread: whether it halts at this instant, or is in the middle of a tick",
        ["data: cpus.idling"] = "the same",
        ["data: cpus.irq_depth"] = "the same",
        ["data: cpus.preempt_count"] = "the same",
        ["data: timer_lock.in.time.c"] = "the same",
        ["stacks: below the stack pointer"] = "what calls leave there is nobody's",
        ["stacks: switch frames"] = "registers that the scheduler saved: whom the thread gave the CPU to",
        ["stack of lucos-doorbell"] = "its own frames: the last request, and what it answered",
        ["stack of lucos-drain"] = "its own frames: deadline and round",
    };

    /// <summary>What the interleaving of several processors decides besides, with or without an update.</summary>
    private static readonly Dictionary<string, string> s_interleaving = new()
    {
        ["thread.last_cpu"] = "where it ran last",
        ["stack of idle/1"] = "whether it halts at this instant",
        ["stack of idle/2"] = "the same",
        ["stack of idle/3"] = "the same",
        ["stack of init"] = "which CPU its frames name",
        ["stack of sh"] = "the same",
        ["data: cpus.user_rsp"] = "scratch of the last system call there",
        ["data: cpus.flushes"] = "requests that CPUs had of each other",
        ["data: cpus.syncs"] = "the same",
        ["data: cpus.parked_frame"] = "the same",
        ["data: cpus.kernel_rsp"] = "which process ran there last",
        ["data: tsses.in.percpu.c"] = "the same",
        ["data: cpus.switched_from"] = "who ran there last",
        ["page array: frames of processes"] = "which frame a page of a process lies in; the pages are compared by process and address",
        ["page bitmap: frames of processes"] = "the same",
    };

    /// <summary>The names.</summary>
    internal static IEnumerable<string> Of(int cpus) => s_always.Keys.Concat(cpus > 1 ? s_interleaving.Keys : []);
}
