using Lucos.Abi;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>What an update leaves in memory after its undo.</summary>
public sealed class RollBackMemoryTests
{
    /// <summary>What the passing of time and the telling of it change. Everything else must be as it was, byte for byte.</summary>
    private static readonly string[] s_explained =
    [
        "data: boot_stack", // the idle thread's
        "data: cpu_load", // ticks
        "data: cpus", // who runs
        "data: head.in.uart.c", // the console's output ring, which tells of the update
        "data: idle.0.in.thread.c", // time that the idle thread has had
        "data: klog_buffer", // the log, which tells of the update
        "data: klog_written",
        "data: min_vruntime.in.sched.c",
        "data: next_tid.in.thread.c", // callbacks run in threads of their own, and numbers are not used twice
        "data: queue.in.uart.c",
        "data: tail.in.uart.c",
        "data: ticks",
        "data: timer_lock.in.time.c", // held when a copy is taken in the middle of a tick
        "module data", // the Update Manager's history
        "stacks", // what calls leave below the stack pointer
        "threads", // time that threads have had
    ];

    [TestCase("fix-readlog", null)]
    [TestCase("tick-watch", null)]
    [TestCase("pipe-ring", null)]
    [TestCase("counters-64", null)] // the shell sleeps in it
    [TestCase("pipe-ring", "sleep 1000 | cat")]
    [TestCase("file-rate", "sleep 1000 | cat")]
    public void RollBackLeavesTracesOnlyInStacksLogAndClocks(string name, string? sleeper)
    {
        using var guest = new UpdatableGuest();
        if (sleeper is not null)
        {
            guest.Run($"{sleeper} &");
        }

        guest.Session.RunBlocks(10_000);
        var before = CopyMemory(guest);

        Assert.That(guest.Apply(name).Refusal, Is.EqualTo(Refusal.None));
        var applied = CopyMemory(guest);
        Assert.That(guest.Undo(name).Refusal, Is.EqualTo(Refusal.None));
        guest.Session.Await("the module's memory to be freed", () => guest.Update(name).MemoryReleased, UpdatableGuest.Budget);
        guest.Session.RunBlocks(10_000);
        var after = CopyMemory(guest);

        var regions = new MemoryRegions(guest.Machine, UpdatableGuest.Kernel);
        var differences = regions.Differences(before, after);
        TestContext.Out.WriteLine(string.Join('\n', differences.Select(d => $"{d.Key}: {d.Value}")));
        Assert.That(regions.Differences(before, applied).Keys, Has.Some.StartsWith("text: "), "the update did change the text");
        Assert.That(differences.Keys, Is.SubsetOf(s_explained));
        Assert.That(differences["module data"] + differences["threads"], Is.LessThan(512));
    }

    private static byte[] CopyMemory(UpdatableGuest guest) =>
        guest.Machine.Memory.Span(new GuestPhysicalAddress(0), (int)guest.Machine.Memory.Size).ToArray();
}
