/*
 * Tests of several CPUs. Each runs with however many there are; those that
 * need two say so when there is one, and have then shown nothing but that.
 */
#include <kernel/arch.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/layout.h>
#include <kernel/list.h>
#include <kernel/module.h>
#include <kernel/mutex.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>

#define MS 1000000UL

#define NEEDS_TWO_CPUS()							\
	do {									\
		if (cpus_count() < 2) {						\
			pr_err("  needs more CPUs than one (1 CPU)\n");		\
			return;							\
		}								\
	} while (0)

static struct thread *crew[MAX_CPUS];

/* One thread on each CPU of the mask. False: no memory for one. */
static bool start_crew(u32 mask, void (*function)(void *))
{
	bool all = true;
	memset(crew, 0, sizeof(crew));
	for_each_online_cpu(c)
		if (mask & 1u << c->id)
			all &= !!(crew[c->id] = ktest_thread_on(c->id, function, (void *)(u64)c->id));
	return all;
}

static void stop_crew(void)
{
	for (u32 i = 0; i < MAX_CPUS; i++)
		if (crew[i])
			kthread_stop(crew[i]);
}

static void until_stopped(void)
{
	while (!kthread_should_stop())
		sleep_ns(MS);
}

static u32 all_but(u32 cpu)
{
	return cpus_online & ~(1u << cpu);
}

/* Counting. */

#define ROUNDS 20000
#define MUTEX_ROUNDS 500

static struct spinlock count_lock = SPINLOCK("ktest count");
static MUTEX(count_mutex, "ktest count");
static u64 by_spinlock, by_mutex, by_atomic;
static u32 seen_cpus, finished;

static void count(void *arg)
{
	u32 cpu = this_cpu()->id;
	if (cpu == (u64)arg)
		__atomic_or_fetch(&seen_cpus, 1u << cpu, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < ROUNDS; i++) {
		spin_lock(&count_lock);
		by_spinlock = READ_ONCE(by_spinlock) + 1;
		spin_unlock(&count_lock);
		__atomic_add_fetch(&by_atomic, 1, __ATOMIC_RELAXED);
	}
	for (u32 i = 0; i < MUTEX_ROUNDS; i++) {
		mutex_lock(&count_mutex);
		by_mutex = READ_ONCE(by_mutex) + 1;
		mutex_unlock(&count_mutex);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(EveryCpuRunsItsThreadsAndLocksCountExactly)
{
	u32 n = cpus_count();
	by_spinlock = by_mutex = by_atomic = 0;
	seen_cpus = finished = 0;
	KT_EXPECT(start_crew(~0u, count));
	while (READ_ONCE(finished) < n)
		sleep_ns(MS);
	stop_crew();
	KT_EXPECT(seen_cpus == cpus_online);
	KT_EXPECT(by_spinlock == (u64)ROUNDS * n);
	KT_EXPECT(by_atomic == (u64)ROUNDS * n);
	KT_EXPECT(by_mutex == (u64)MUTEX_ROUNDS * n);
}

KTEST(EveryCpuTicksAndOneKeepsTheTime)
{
	u64 ticked[MAX_CPUS], start;
	ktest_stay();
	for_each_online_cpu(c)
		ticked[c->id] = READ_ONCE(c->ticks);
	start = ticks;
	for_each_online_cpu(c)
		while (READ_ONCE(c->ticks) < ticked[c->id] + 5)
			sleep_ns(MS);
	/* The clock has gone with the boot CPU's ticks, but for one between the two readings. */
	s64 passed = ticks - start, its_own = READ_ONCE(cpus[0].ticks) - ticked[0];
	KT_EXPECT(passed >= 5 - 1 && passed - its_own <= 1 && its_own - passed <= 1);
}

/* Calls. */

static u32 called_on;

static void note_call(void *arg)
{
	__atomic_or_fetch((u32 *)arg, 1u << this_cpu()->id, __ATOMIC_SEQ_CST);
}

KTEST(CallsReachExactlyTheCpusOfTheMask)
{
	called_on = 0;
	cpus_call(~0u, note_call, &called_on);
	KT_EXPECT(called_on == cpus_online);
	for_each_online_cpu(c) {
		called_on = 0;
		cpus_call(1u << c->id, note_call, &called_on);
		KT_EXPECT(called_on == 1u << c->id);
	}
	called_on = 0;
	cpus_call(0, note_call, &called_on);
	cpus_call(~cpus_online, note_call, &called_on);
	KT_EXPECT(called_on == 0);
}

static void call_around(void *arg)
{
	u32 mask = 0;
	for (u32 i = 0; i < 30; i++)
		cpus_call(~0u, note_call, &mask);
	if (mask != cpus_online)
		ktest_fail(__FILE__, __LINE__, "mask == cpus_online");
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(CallsFromAllCpusAtOnceComeToAnEnd)
{
	finished = 0;
	KT_EXPECT(start_crew(~0u, call_around));
	while (READ_ONCE(finished) < cpus_count())
		sleep_ns(MS);
	stop_crew();
}

/* Translations. */

struct peek {
	volatile u64 *at;
	u64 seen[MAX_CPUS];
};

static void peek(void *arg)
{
	struct peek *p = arg;
	p->seen[this_cpu()->id] = *p->at;
}

KTEST(RevokedTranslationsAreGoneOnEveryCpu)
{
	u64 *pages[2] = { page_alloc(), page_alloc() };
	struct peek p = { .at = (u64 *)(LAPIC_BASE + 16 * PAGE_SIZE) };	/* nobody's address */
	KT_REQUIRE(pages[0] && pages[1]);
	*pages[0] = 1111;
	*pages[1] = 2222;
	for (u32 round = 0; round < 50; round++) {
		u64 *page = pages[round % 2];
		KT_REQUIRE(kernel_map((u64)p.at, virt_to_phys(page), PROT_KERNEL_RO) == 0);
		cpus_call(~0u, peek, &p);
		for_each_online_cpu(c)
			KT_EXPECT(p.seen[c->id] == *page);
		kernel_revoke((u64)p.at, PAGE_SIZE);
		KT_EXPECT(kernel_unmap((u64)p.at) == virt_to_phys(page));
	}
	page_free(pages[0]);
	page_free(pages[1]);
}

static bool hold_active;
static u32 active_seen;
static u64 user_word;

/* Reads a user address through a space that it has made active on its CPU, whenever it is told to. */
static void use_space(void *arg)
{
	struct vmspace *vm = arg;
	u64 flags = irq_save();
	current->vm = vm;
	vmspace_activate(vm);
	irq_restore(flags);
	WRITE_ONCE(active_seen, READ_ONCE(vm->active));
	while (READ_ONCE(hold_active))
		WRITE_ONCE(user_word, *(volatile u64 *)0x500000);
	flags = irq_save();
	current->vm = NULL;
	vmspace_activate(NULL);
	irq_restore(flags);
	until_stopped();
}

KTEST(CopyOnWriteIsSeenByTheCpuThatHasTheSpaceActive)
{
	NEEDS_TWO_CPUS();
	u64 va = 0x500000, first = 0x1111, second = 0x2222;
	u32 other = ktest_stay() == 0 ? 1 : 0;
	struct vmspace *vm = vmspace_create();
	KT_REQUIRE(vm);
	KT_EXPECT(vmspace_add_region(vm, va, va + PAGE_SIZE, PTE_W | PTE_NX) == 0);
	KT_EXPECT(vmspace_write(vm, va, &first, 8) == 0);
	hold_active = true;
	user_word = active_seen = 0;
	struct thread *t = ktest_thread_on(other, use_space, vm);
	KT_REQUIRE(t);
	while (READ_ONCE(user_word) != first)
		sleep_ns(MS);
	KT_EXPECT(active_seen == 1u << other);
	struct vmspace *child = vmspace_fork(vm);
	KT_EXPECT(child != NULL);
	/* The other CPU has the shared page's translation; the write moves the space to a page of its own. */
	KT_EXPECT(vmspace_write(vm, va, &second, 8) == 0);
	while (READ_ONCE(user_word) == first)
		cpu_relax();
	KT_EXPECT(READ_ONCE(user_word) == second);
	WRITE_ONCE(hold_active, false);
	kthread_stop(t);
	KT_EXPECT(vm->active == 0);
	vmspace_destroy(vm);
	if (child)
		vmspace_destroy(child);
}

/* Code. */

#define MOV_EAX 0xb8
#define RET 0xc3

static u32 (*written)(void);
static u32 expected, stale, code_calls[MAX_CPUS];

static void run_written(void *arg)
{
	while (!kthread_should_stop()) {
		u32 least = __atomic_load_n(&expected, __ATOMIC_SEQ_CST);
		if (written() < least)
			__atomic_add_fetch(&stale, 1, __ATOMIC_SEQ_CST);
		code_calls[(u64)arg]++;
	}
}

/* The physical page of `code`, through which it can be written. */
static u8 *alias_of(const void *code)
{
	return phys_to_virt(*walk_pte(kernel_cr3, (u64)code) & PTE_ADDR);
}

static void write_function(u8 *to, u32 value)
{
	to[0] = MOV_EAX;
	memcpy(to + 1, &value, sizeof(value));
	to[5] = RET;
}

/*
 * `mov $value, %eax; ret`, whose value grows, while the others call it in a loop. Code that others run may only be written while
 * they stand still, and they must serialize before they go on (Intel SDM vol. 3 section 8.1.3): so they are parked meanwhile.
 */
KTEST(CodeWrittenByOneCpuIsWhatTheOthersRunAfterwards)
{
	u8 *code = module_alloc(PAGE_SIZE);
	u32 here = ktest_stay();
	KT_REQUIRE(code);
	u8 *alias = alias_of(code);
	write_function(alias, 0);
	kernel_protect((u64)code, PAGE_SIZE, PROT_KERNEL_TEXT);
	sync_core_all();
	written = (void *)code;
	expected = stale = 0;
	memset(code_calls, 0, sizeof(code_calls));
	KT_EXPECT(start_crew(all_but(here), run_written));
	for (u32 value = 1; value <= 60; value++) {
		cpus_park();
		write_function(alias, value);
		sync_core();
		cpus_release();
		__atomic_store_n(&expected, value, __ATOMIC_SEQ_CST);
		KT_EXPECT(written() == value);
		if (value % 20 == 0)
			sleep_ns(4 * MS);
	}
	stop_crew();
	KT_EXPECT(stale == 0);
	for_each_online_cpu(c)
		KT_EXPECT(c->id == here || code_calls[c->id] > 0);
	module_free(code);
}

struct visit {
	u32 (*function)(void);
	u32 results[MAX_CPUS];
};

static void visit(void *arg)
{
	struct visit *v = arg;
	v->results[this_cpu()->id] = v->function();
}

/* What lay at an address before must not run when other code lies there. */
KTEST(ReusedModuleMemoryRunsTheNewCodeOnEveryCpu)
{
	struct visit v;
	void *first = NULL;
	for (u32 round = 1; round <= 20; round++) {
		u8 *code = module_alloc(PAGE_SIZE);
		KT_REQUIRE(code);
		first = first ? first : code;
		KT_EXPECT(code == first);	/* the same address again */
		write_function(code, round);
		kernel_protect((u64)code, PAGE_SIZE, PROT_KERNEL_TEXT);
		sync_core_all();
		v.function = (void *)code;
		cpus_call(~0u, visit, &v);
		for_each_online_cpu(c)
			KT_EXPECT(v.results[c->id] == round);
		module_free(code);
	}
}

/* Grace periods. */

struct item {
	struct list_head link;
	u64 value;
};

static struct list_head items = LIST_HEAD_INIT(items);
static u64 bad_items, readings;

static void read_items(void *arg)
{
	while (!kthread_should_stop()) {
		struct item *i;
		preempt_disable();
		list_for_each(i, &items, link) {
			if (READ_ONCE(i->value) != 77)
				__atomic_add_fetch(&bad_items, 1, __ATOMIC_SEQ_CST);
			cpu_relax();
		}
		preempt_enable();
		__atomic_add_fetch(&readings, 1, __ATOMIC_SEQ_CST);
	}
}

KTEST(NobodyLooksAtAnItemBehindItsGracePeriod)
{
	u32 here = ktest_stay();
	bad_items = readings = 0;
	KT_EXPECT(start_crew(all_but(here), read_items));
	for (u32 round = 0; round < 60; round++) {
		struct item *item = kmalloc(sizeof(*item));
		KT_REQUIRE(item);
		item->value = 77;
		list_publish(&item->link, &items);
		if (round % 10 == 0)
			sleep_ns(MS);
		list_withdraw(&item->link);
		synchronize_cpus();
		item->value = 0;
		kfree(item);
	}
	stop_crew();
	KT_EXPECT(bad_items == 0);
	KT_EXPECT(cpus_count() == 1 || readings > 0);
}

static bool in_section, leave_section, grace_over;

static void sit_in_section(void *arg)
{
	preempt_disable();
	WRITE_ONCE(in_section, true);
	while (!READ_ONCE(leave_section))
		cpu_relax();
	KT_EXPECT(!READ_ONCE(grace_over));
	preempt_enable();
	until_stopped();
}

static void wait_for_grace(void *arg)
{
	synchronize_cpus();
	WRITE_ONCE(grace_over, true);
	until_stopped();
}

KTEST(GracePeriodLastsAsLongAsASectionThatBeganBeforeIt)
{
	NEEDS_TWO_CPUS();
	u32 here = ktest_stay(), other = here == 0 ? 1 : 0;
	in_section = leave_section = grace_over = false;
	struct thread *reader = ktest_thread_on(other, sit_in_section, NULL);
	KT_REQUIRE(reader);
	while (!READ_ONCE(in_section))
		sleep_ns(MS);
	struct thread *writer = ktest_thread_on(here, wait_for_grace, NULL);
	KT_REQUIRE(writer);
	sleep_ns(20 * MS);
	KT_EXPECT(!READ_ONCE(grace_over));
	WRITE_ONCE(leave_section, true);
	while (!READ_ONCE(grace_over))
		sleep_ns(MS);
	kthread_stop(reader);
	kthread_stop(writer);
}

/* Scheduling. */

static void wander(void *arg)
{
	for (u32 round = 0; round < 20; round++) {
		for_each_online_cpu(c) {
			thread_set_cpus(current, 1u << c->id);
			if (this_cpu() != c)
				ktest_fail(__FILE__, __LINE__, "this_cpu() == c");
		}
	}
	thread_set_cpus(current, ~0u);
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(ThreadsMoveWhereTheyAreTold)
{
	finished = 0;
	KT_EXPECT(start_crew(~0u, wander));
	while (READ_ONCE(finished) < cpus_count())
		sleep_ns(MS);
	stop_crew();
}

static volatile u32 busy_on;

static void stay_busy(void *arg)
{
	while (!kthread_should_stop())
		__atomic_or_fetch(&busy_on, 1u << this_cpu()->id, __ATOMIC_SEQ_CST);
}

KTEST(BusyThreadsSpreadOverAllCpus)
{
	struct thread *t[MAX_CPUS];
	u32 n = cpus_count();
	busy_on = 0;
	for (u32 i = 0; i < n; i++)
		KT_REQUIRE((t[i] = kthread_create("busy", stay_busy, NULL)));
	/* They outnumber the idle CPUs by none: a second is far more than finding them takes. */
	for (u32 i = 0; i < 1000 && busy_on != cpus_online; i++)
		sleep_ns(MS);
	KT_EXPECT(busy_on == cpus_online);
	for (u32 i = 0; i < n; i++)
		kthread_stop(t[i]);
}

static WAIT_QUEUE(ball, "ktest ball");
static u32 turn;

/* Hands the ball on to the next CPU, which sleeps meanwhile. */
static void pass_ball(void *arg)
{
	u32 me = (u64)arg, n = cpus_count();
	for (u32 round = 0; round < 50; round++) {
		wait_event(&ball, READ_ONCE(turn) == me);
		WRITE_ONCE(turn, (me + 1) % n);
		wake_up(&ball);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(NoWakeUpIsLostBetweenCpus)
{
	if (cpus_online + 1 != 1u << cpus_count())
		return;		/* a CPU in between did not come up: numbers are no row */
	finished = turn = 0;
	KT_EXPECT(start_crew(~0u, pass_ball));
	while (READ_ONCE(finished) < cpus_count())
		sleep_ns(MS);
	stop_crew();
	KT_EXPECT(turn == 0);
}

static void fork_around(void *arg)
{
	const char *argv[] = { "/bin/true", NULL };
	for (u32 i = 0; i < 5; i++) {
		int pid = process_spawn(argv[0], argv);
		if (pid <= 0 || process_reap(pid) != 0)
			ktest_fail(__FILE__, __LINE__, "process_reap(process_spawn(...)) == 0");
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(ProcessesComeAndGoOnAllCpusAndLeaveNoMemoryBehind)
{
	finished = 0;
	KT_EXPECT(start_crew(1, fork_around));	/* warms the caches up */
	while (READ_ONCE(finished) < 1)
		sleep_ns(MS);
	stop_crew();
	u64 before = page_free_count;
	finished = 0;
	KT_EXPECT(start_crew(~0u, fork_around));
	while (READ_ONCE(finished) < cpus_count())
		sleep_ns(MS);
	stop_crew();
	KT_EXPECT(page_free_count == before);
}

KTEST(RunningProcessOfAnotherCpuIsKilled)
{
	const char *argv[] = { "/bin/cpuburn", NULL };
	int pids[MAX_CPUS + 2];
	for (u32 i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = process_spawn(argv[0], argv);
		KT_EXPECT(pids[i] > 0);
	}
	sleep_ns(20 * MS);
	for (u32 i = 0; i < ARRAY_SIZE(pids); i++)
		KT_EXPECT(process_kill(pids[i], SIGKILL) == 0);
	for (u32 i = 0; i < ARRAY_SIZE(pids); i++)
		KT_EXPECT(process_reap(pids[i]) == 128 + SIGKILL);
}

/* Parked CPUs. */

static volatile u64 laps[MAX_CPUS];

static noinline void run_laps(u64 cpu)
{
	while (!kthread_should_stop())
		laps[cpu]++;
}

static void runner(void *arg)
{
	run_laps((u64)arg);
}

static bool stands_in(u64 rip, void *function)
{
	struct ksym s;
	return kallsyms_lookup(rip, &s) && s.address == (u64)function;
}

/* Interrupted in run_laps, or in what it calls, and walked to the end. */
static bool walks_through_laps(struct thread *t)
{
	struct stack_walk w;
	bool interrupted = false, laps_found = false;
	stack_walk_thread(&w, t);
	while (stack_walk_next(&w)) {
		interrupted |= w.kind == FRAME_INTERRUPT;
		laps_found |= interrupted && stands_in(w.kind == FRAME_RETURN ? w.rip - 1 : w.rip, run_laps);
	}
	return interrupted && laps_found && !w.broken;
}

KTEST(ParkedCpusStandStillAndAreWalkedThroughTheirInterruptFrames)
{
	u64 before[MAX_CPUS];
	u32 here = ktest_stay();
	memset((void *)laps, 0, sizeof(laps));
	KT_EXPECT(start_crew(all_but(here), runner));
	for_each_online_cpu(c)
		while (c->id != here && !laps[c->id])
			sleep_ns(MS);
	for (u32 round = 0; round < 20; round++) {
		cpus_park();
		memcpy(before, (void *)laps, sizeof(before));
		for_each_online_cpu(c)
			if (c->id != here)
				KT_EXPECT(c->thread != crew[c->id] || walks_through_laps(crew[c->id]));
		u64 end = ticks + 2;
		while (ticks < end && here == 0)
			cpu_relax();
		KT_EXPECT(!memcmp(before, (void *)laps, sizeof(before)));
		cpus_release();
		thread_yield();
	}
	for_each_online_cpu(c)
		while (c->id != here && laps[c->id] == before[c->id])
			sleep_ns(MS);		/* they go on */
	stop_crew();
}

static void park_around(void *arg)
{
	for (u32 i = 0; i < 8; i++) {
		cpus_park();
		cpus_release();
		void *p = vmalloc(PAGE_SIZE);	/* and what it takes to give it back: a flush on all CPUs */
		vfree(p);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	until_stopped();
}

KTEST(ParkingFlushingAndCallingDoNotWaitInACircle)
{
	finished = 0;
	KT_EXPECT(start_crew(~0u, park_around));
	while (READ_ONCE(finished) < cpus_count()) {
		u32 mask = 0;
		cpus_call(~0u, note_call, &mask);
		KT_EXPECT(mask == cpus_online);
		sync_core_all();
	}
	stop_crew();
}
