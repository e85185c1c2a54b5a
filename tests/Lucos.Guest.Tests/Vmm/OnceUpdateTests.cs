using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Packaging;
using Lucos.Tests.Shared;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// An update whose data is transferred once, of a function that another update has made slow: whoever sleeps in it is awaited, and whoever was
/// interrupted in it keeps the update from being applied.
/// </summary>
public sealed class OnceUpdateTests
{
    [Test]
    public void WhoSleepsInOldCodeIsAwaited()
    {
        using var guest = Slow("sleep_ns(1000000000)", out _);

        Assert.That(guest.Apply(Once()).Refusal, Is.EqualTo(Refusal.None));

        Assert.That(guest.Update("once").State, Is.EqualTo(UpdateState.Draining));
        guest.AwaitState("once", UpdateState.Finished);
    }

    [Test]
    public void WhoWasInterruptedInOldCodeIsWaitedForBeforeAnythingIsTransferred()
    {
        using var guest = Slow("spin(100000000)", out _);

        Assert.That(guest.Apply(Once()).Refusal, Is.EqualTo(Refusal.None));

        Assert.That(guest.Update("once").State, Is.EqualTo(UpdateState.Finished), "nobody is in old code any more");
    }

    [Test]
    public void WhoStaysInOldCodeWithoutGivingTheCpuAwayMakesTheManagerBusy()
    {
        using var guest = Slow("spin(600000000)", out var begun);

        var answer = guest.Apply(Once());
        Assert.That((answer.Refusal, answer.Detail), Is.EqualTo((Refusal.Busy, answer.Detail)), answer.Detail);
        Assert.That(answer.Detail, Does.Match("once: its data is transferred once, and thread [0-9]+ has been interrupted"));
        Assert.That(guest.Driver.Find("once"), Is.Null, "the server has not been asked");

        guest.Session.Finish(begun, 4 * UpdatableGuest.Budget);
        Assert.That(guest.Apply(Once()).Refusal, Is.EqualTo(Refusal.None));
    }

    [Test]
    public void ScratchCacheThatTheKernelDoesNotHaveIsAMissingSymbol()
    {
        using var guest = new UpdatableGuest();

        var answer = guest.Apply(Once("threads"));

        Assert.That((answer.Refusal, answer.Detail), Is.EqualTo((Refusal.MissingSymbol, "type written: the kernel has no slab cache threads, which its transfers may write to")));
        Assert.That(guest.Apply(Once("thread")).Refusal, Is.EqualTo(Refusal.None));
    }

    /// <summary>
    /// The kernel is interrupted all the time where it is about to put a new thread into the run queue, since that takes 20 ms now, with interrupts open: were the
    /// queue transferred then, the thread would be put into the one that nobody uses any more.
    /// </summary>
    [Test]
    public void ThreadThatIsInterruptedOnItsWayToTheRunQueueLosesNobody()
    {
        using var guest = new UpdatableGuest();
        Assert.That(guest.Apply(Build(SlowStart)).Refusal, Is.EqualTo(Refusal.None));
        for (int i = 0; i < 3; i++)
        {
            var begun = guest.Session.Begin("forkstorm --forks 8");
            guest.RunTo(UpdatableGuest.Kernel.Symbols.FindOnly("sched_start")!.Value);
            Assert.That(guest.Apply("sched-arrays").Refusal, Is.EqualTo(Refusal.None));
            Assert.That(guest.Undo("sched-arrays").Refusal, Is.EqualTo(Refusal.None));
            Assert.That(guest.Session.Finish(begun, UpdatableGuest.Budget).Output, Does.Contain("forks=8 errors=0"));
            guest.AwaitState("sched-arrays", UpdateState.RolledBack);
            guest.Session.Await("the module's memory to be freed", () => guest.Update("sched-arrays").MemoryReleased, UpdatableGuest.Budget);
        }
    }

    private const string SlowStart = """
        #include <kernel/list.h>
        #include <kernel/sched.h>
        #include <kernel/spinlock.h>
        #include <kernel/thread.h>
        #include <kernel/time.h>
        #include <lucos_update.h>

        LUCOS_UPDATE("slow-start", "1.0", "sched_start takes 20 ms before it closes interrupts");

        extern struct spinlock sched_lock;
        extern struct list_head run_queue;
        extern u64 min_vruntime;
        void check_preempt(struct thread *t);

        static void start(struct thread *t)
        {
            u64 end = time_ns() + 20000000, flags;

            while (time_ns() < end)
                ;
            flags = spin_lock_irqsave(&sched_lock);
            t->state = THREAD_RUNNABLE;
            t->vruntime = min_vruntime;
            list_add(&t->run_link, &run_queue);
            t->queued = true;
            check_preempt(t);
            spin_unlock_irqrestore(&sched_lock, flags);
        }

        LUCOS_REPLACE(sched_start, start);
        """;

    // A guest in which somebody is in that code.
    private static UpdatableGuest Slow(string wait, out PendingCommand begun)
    {
        var guest = new UpdatableGuest();
        Assert.That(guest.Apply(Build($$"""
            #include <kernel/time.h>
            #include <lucos_update.h>

            LUCOS_UPDATE("slow", "1.0", "sys_readlog takes its time");

            static void __attribute__((unused)) spin(u64 ns)
            {
                u64 end = time_ns() + ns;

                while (time_ns() < end)
                    ;
            }

            static s64 readlog(char *buf, s64 offset, u64 len)
            {
                {{wait}};
                return 0;
            }

            LUCOS_REPLACE(sys_readlog, readlog);
            """)).Refusal, Is.EqualTo(Refusal.None));
        begun = guest.Session.Begin("readlog-exploit");
        guest.RunTo(UpdatableGuest.Kernel.Symbols.FindOnly("sys_readlog")!.Value);
        return guest;
    }

    private static byte[] Once(string scratch = "thread") => Build($$"""
        #include <lucos_update.h>

        LUCOS_UPDATE("once", "1.0", "counts what is written to the log in another way");

        extern u64 klog_written;
        struct count { u64 value, changes; };
        static struct count new_written;

        static void count(const u64 *old, struct count *new) { new->value = *old; }
        static void uncount(const struct count *new, u64 *old) { *old = new->value; }
        static s64 readlog(char *buf, s64 offset, u64 len) { return 0; }

        LUCOS_TYPE_VARIABLE(written, klog_written, new_written, count, uncount, .transfer = LUCOS_TRANSFER_ONCE, .scratch_cache = "{{scratch}}");
        LUCOS_REPLACE(sys_readlog, readlog);
        """);

    private static byte[] Build(string source)
    {
        var diagnostics = new DiagnosticBag();
        return PackageBuilder.Build(UpdateCompiler.Compile(source, "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-Wno-unused-parameter"), UpdatableGuest.Kernel, diagnostics) ?? throw new AssertionException(string.Join('\n', diagnostics));
    }
}
