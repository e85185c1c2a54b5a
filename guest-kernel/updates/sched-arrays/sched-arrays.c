/*
 * The run queue is a list sorted by virtual run time: putting a thread into it looks at all that have had more. Here
 * it is an array of 64 lists, each for a millisecond of virtual run time, and a bitmap of those that hold somebody:
 * putting in and taking out cost the same however many wait.
 *
 * The scheduler is never quiet: every thread that doesn't run stands inside schedule_locked, behind the switch. But
 * none of them will touch the queue again before it has left: what is behind the switch needs the lock only, and CPUs
 * are parked outside of sched_lock. So the queue is transferred once, at the instant of applying (`once`), and new
 * code alone uses it from then on; undoing transfers it back. A thread that an interrupt came into on its way to the
 * lock, in thread_wake say, would use the old queue yet: for such types the manager waits for an instant at which
 * there is none. The transfers relink the threads, which are declared as what they may write to (`scratch_cache`).
 */
#include <kernel/arch.h>
#include <kernel/ipi.h>
#include <kernel/list.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/types.h>
#include <kernel/vmm.h>
#include <lucos_update.h>

LUCOS_UPDATE("sched-arrays", "1.0", "the run queue is an array of lists with a bitmap");

/* As in kernel/sched.c. */
#define SLICE_TICKS 3
#define WAKE_BONUS_NS 4000000UL
#define WAKE_PREEMPT_NS 1000000UL

extern struct spinlock sched_lock;
extern struct list_head run_queue;
extern u64 min_vruntime;
void check_preempt(struct thread *t);

#define LEVELS 64
#define LEVEL_SHIFT 20		/* 2^20 ns of virtual run time each */

struct run_arrays {
	u64 bitmap;			/* bit i: levels[i] is not empty */
	struct list_head levels[LEVELS];
};

static struct run_arrays arrays;

/* The levels are a ring that begins at min_vruntime; who is farther ahead than it reaches goes into its last one. */
static u32 level_of(const struct thread *t)
{
	u64 base = READ_ONCE(min_vruntime) >> LEVEL_SHIFT, level = t->vruntime >> LEVEL_SHIFT;

	if (level < base)
		level = base;
	return (u32)(MIN(level, base + LEVELS - 1) % LEVELS);
}

static void put(struct run_arrays *a, struct thread *t)
{
	u32 level = level_of(t);

	list_add_tail(&t->run_link, &a->levels[level]);
	a->bitmap |= 1UL << level;
}

static void to_new(const void *from, void *to)
{
	const struct list_head *old = from;
	struct run_arrays *new = to;
	struct list_head *at = old->next, *next;

	new->bitmap = 0;
	for (u32 i = 0; i < LEVELS; i++)
		list_init(&new->levels[i]);
	for (; at != old; at = next) {
		next = at->next;
		put(new, list_entry(at, struct thread, run_link));
	}
}

/* The old queue is sorted: each thread goes behind those that have had no more. */
static void insert(struct list_head *old, struct thread *t)
{
	struct list_head *at = old->prev;

	while (at != old && list_entry(at, struct thread, run_link)->vruntime > t->vruntime)
		at = at->prev;
	list_add(&t->run_link, at);
}

static void to_old(const void *from, void *to)
{
	const struct run_arrays *new = from;
	struct list_head *old = to;
	u32 base = (u32)((min_vruntime >> LEVEL_SHIFT) % LEVELS);

	list_init(old);
	for (u32 i = 0; i < LEVELS; i++) {
		const struct list_head *level = &new->levels[(base + i) % LEVELS];
		struct list_head *at = level->next, *next;

		for (; at != level; at = next) {
			next = at->next;
			insert(old, list_entry(at, struct thread, run_link));
		}
	}
}

LUCOS_TYPE_VARIABLE(run_queue_type, run_queue, arrays, to_new, to_old,
	.transfer = LUCOS_TRANSFER_ONCE,
	.scratch_cache = "thread");

static void enqueue_level(struct thread *t)
{
	put(&arrays, t);
	t->queued = true;
}

static void take(struct thread *t, u32 level)
{
	list_del(&t->run_link);
	if (list_empty(&arrays.levels[level]))
		arrays.bitmap &= ~(1UL << level);
	t->queued = false;
	min_vruntime = MAX(min_vruntime, t->vruntime);
}

static struct thread *pick_level(struct cpu *c)
{
	u32 base = (u32)((min_vruntime >> LEVEL_SHIFT) % LEVELS);
	/* Turned, so that bit 0 is the level at min_vruntime. */
	u64 turned = base ? arrays.bitmap >> base | arrays.bitmap << (LEVELS - base) : arrays.bitmap;

	for (; turned; turned &= turned - 1) {
		u32 level = (base + (u32)__builtin_ctzl(turned)) % LEVELS;
		struct thread *t;

		list_for_each(t, &arrays.levels[level], run_link) {
			if (!(t->allowed_cpus >> c->id & 1))
				continue;
			take(t, level);
			return t;
		}
	}
	return c->idle;
}

static u32 count_levels(void)
{
	const struct list_head *at;
	u32 count = 0;
	u64 flags = spin_lock_irqsave(&sched_lock);

	for (u32 i = 0; i < LEVELS; i++) {
		for (at = arrays.levels[i].next; at != &arrays.levels[i]; at = at->next)
			count++;
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	return count;
}

static void charge(struct thread *t)
{
	u64 now = time_ns();

	t->vruntime += now - t->started_ns;
	t->started_ns = now;
}

static void switch_to(struct cpu *c, struct thread *prev, struct thread *next)
{
	next->on_cpu = true;
	next->last_cpu = c->id;
	next->switches++;
	next->slice = SLICE_TICKS;
	next->started_ns = prev->started_ns;
	c->thread = next;
	c->switched_from = prev;
	set_kernel_stack(next->stack_base + next->stack_size);
	vmspace_activate(next->vm);
	context_switch(&prev->saved_rsp, next->saved_rsp);
	sched_finish_switch();
}

static void schedule_levels(bool preempted)
{
	struct cpu *c = this_cpu();
	struct thread *prev = c->thread, *next;

	c->need_resched = false;
	c->passes++;
	charge(prev);
	if (prev->state == THREAD_RUNNING)
		prev->state = THREAD_RUNNABLE;
	if (prev != c->idle && (preempted || prev->state == THREAD_RUNNABLE))
		enqueue_level(prev);
	next = pick_level(c);
	if (prev->queued && prev != next && cpus_online != 1)
		check_preempt(prev);
	if (next->state == THREAD_RUNNABLE)
		next->state = THREAD_RUNNING;
	if (next == prev) {
		next->slice = SLICE_TICKS;
		spin_unlock(&sched_lock);
		return;
	}
	switch_to(c, prev, next);
}

static void start_levels(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&sched_lock);

	t->state = THREAD_RUNNABLE;
	t->vruntime = min_vruntime;
	enqueue_level(t);
	check_preempt(t);
	spin_unlock_irqrestore(&sched_lock, flags);
}

static bool wake_levels(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	bool slept = t->state == THREAD_SLEEPING;

	if (slept) {
		t->state = t->on_cpu ? THREAD_RUNNING : THREAD_RUNNABLE;
		if (!t->on_cpu && !t->queued) {
			u64 floor = min_vruntime > WAKE_BONUS_NS ? min_vruntime - WAKE_BONUS_NS : 0;

			t->vruntime = MAX(t->vruntime, floor);
			enqueue_level(t);
			check_preempt(t);
		}
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	return slept;
}

LUCOS_REPLACE(schedule_locked, schedule_levels);
LUCOS_REPLACE(sched_start, start_levels);
LUCOS_REPLACE(thread_wake, wake_levels);
LUCOS_REPLACE(sched_runnable, count_levels);
