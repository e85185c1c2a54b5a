/*
 * The scheduler: one run queue for all CPUs, sorted by virtual run time. The
 * thread that has had the least CPU time runs next; one that wakes up has not
 * saved up time while it slept, beyond a small bonus.
 *
 * sched_lock is taken with interrupts off and inside wait queue locks; it is
 * held across context_switch and released by the thread that comes in. So who
 * finds a thread in the queue finds it switched out whole, whichever CPU it was on.
 */
#include <kernel/arch.h>
#include <kernel/init.h>
#include <kernel/ipi.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>

#define SLICE_TICKS 3
#define WAKE_BONUS_NS 4000000UL
#define WAKE_PREEMPT_NS 1000000UL

static struct spinlock sched_lock = SPINLOCK("sched");
static LIST(run_queue);
static u64 min_vruntime;

/* One instruction, so that it acts on the CPU that it runs on. */
void preempt_disable(void)
{
	asm volatile("incl %%gs:%c0" :: "i"(offsetof(struct cpu, preempt_count)) : "memory", "cc");
}

void preempt_enable(void)
{
	struct cpu *c = this_cpu();
	barrier();
	if (--c->preempt_count)
		return;
	/* From here on we may be moved: c is then another CPU's, and a needless switch all that can come of it. */
	if (c->need_resched && !c->irq_depth && irqs_enabled())
		schedule_preempted();
}

void preempt_on_return(void)
{
	struct cpu *c = this_cpu();
	if (c->need_resched && !c->preempt_count && !c->irq_depth)
		schedule_preempted();
}

static void enqueue(struct thread *t)
{
	struct list_head *at = run_queue.prev;
	while (at != &run_queue && list_entry(at, struct thread, run_link)->vruntime > t->vruntime)
		at = at->prev;
	list_add(&t->run_link, at);
	t->queued = true;
}

u32 sched_runnable(void)
{
	struct list_head *at;
	u32 n = 0;
	u64 flags = spin_lock_irqsave(&sched_lock);
	for (at = run_queue.next; at != &run_queue; at = at->next)
		n++;
	spin_unlock_irqrestore(&sched_lock, flags);
	return n;
}

static bool allowed(const struct thread *t, const struct cpu *c)
{
	return t->allowed_cpus >> c->id & 1;
}

static struct thread *pick(struct cpu *c)
{
	struct thread *t;
	list_for_each(t, &run_queue, run_link) {
		if (!allowed(t, c))
			continue;
		list_del(&t->run_link);
		t->queued = false;
		min_vruntime = MAX(min_vruntime, t->vruntime);
		return t;
	}
	return c->idle;
}

/* Makes c switch soon; the caller holds sched_lock. */
static void ask_to_switch(struct cpu *c)
{
	if (c->need_resched)
		return;
	c->need_resched = true;
	if (c != this_cpu())
		ipi_reschedule(c->id);
}

/*
 * The CPU on which t should run now: an idle one, the one it ran on last if it
 * can be; else the one whose thread is the farthest ahead of t. NULL: none, t waits its turn.
 */
static struct cpu *place(const struct thread *t)
{
	struct cpu *best = NULL;
	bool best_idle = false;
	for_each_online_cpu(c) {
		bool idle = c->thread == c->idle;
		if (!allowed(t, c) || c->need_resched)
			continue;
		if (!idle && t->vruntime + WAKE_PREEMPT_NS >= c->thread->vruntime)
			continue;
		if (!best || (idle && (!best_idle || c->id == t->last_cpu))
		    || (!idle && !best_idle && c->thread->vruntime > best->thread->vruntime)) {
			best = c;
			best_idle = idle;
		}
	}
	return best;
}

/* t has come into the queue. */
static void check_preempt(struct thread *t)
{
	struct cpu *c = place(t);
	if (c)
		ask_to_switch(c);
}

/* t runs on this CPU, which has set started_ns too. */
static void charge(struct thread *t)
{
	u64 now = time_ns();
	t->vruntime += now - t->started_ns;
	t->started_ns = now;
}

/* After a switch, by the thread that came in; sched_lock is held. */
void sched_finish_switch(void)
{
	struct cpu *c = this_cpu();
	struct thread *gone = c->switched_from;
	c->switched_from = NULL;
	gone->on_cpu = false;
	bool dead = gone->state == THREAD_DEAD;
	spin_unlock(&sched_lock);
	if (dead)
		thread_reap(gone);
}

static void switch_to(struct cpu *c, struct thread *prev, struct thread *next)
{
	next->on_cpu = true;
	next->last_cpu = c->id;
	next->switches++;
	next->slice = SLICE_TICKS;
	next->started_ns = prev->started_ns;	/* charged just now, on this CPU */
	c->thread = next;
	c->switched_from = prev;
	set_kernel_stack(next->stack_base + next->stack_size);
	vmspace_activate(next->vm);
	context_switch(&prev->saved_rsp, next->saved_rsp);
	sched_finish_switch();
}

static void schedule_locked(bool preempted)
{
	struct cpu *c = this_cpu();
	struct thread *prev = c->thread;
	c->need_resched = false;
	c->passes++;
	charge(prev);
	if (prev->state == THREAD_RUNNING)
		prev->state = THREAD_RUNNABLE;
	/*
	 * A thread that is preempted between wait_prepare and schedule must
	 * come back to check its condition, so it stays in the run queue.
	 */
	if (prev != c->idle && (preempted || prev->state == THREAD_RUNNABLE))
		enqueue(prev);
	struct thread *next = pick(c);
	/* What this CPU leaves behind may be for one that is idle, or for another than this one. */
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

static void enter(bool preempted)
{
	u64 flags = irq_save();
	if (this_cpu()->preempt_count || this_cpu()->irq_depth)
		panic("schedule: %s gives up the CPU while it may not (preempt %u, irq %u)",
		      current->name, this_cpu()->preempt_count, this_cpu()->irq_depth);
	spin_lock(&sched_lock);
	schedule_locked(preempted);
	irq_restore(flags);
}

void schedule(void)
{
	enter(false);
}

void schedule_preempted(void)
{
	enter(true);
}

void thread_yield(void)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	charge(current);
	current->vruntime = MAX(current->vruntime, min_vruntime + WAKE_PREEMPT_NS);
	spin_unlock_irqrestore(&sched_lock, flags);
	schedule();
}

void sched_start(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	t->state = THREAD_RUNNABLE;
	t->vruntime = min_vruntime;
	enqueue(t);
	check_preempt(t);
	spin_unlock_irqrestore(&sched_lock, flags);
}

bool thread_wake(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	bool slept = t->state == THREAD_SLEEPING;
	if (slept) {
		t->state = t->on_cpu ? THREAD_RUNNING : THREAD_RUNNABLE;
		if (!t->on_cpu && !t->queued) {
			u64 floor = min_vruntime > WAKE_BONUS_NS ? min_vruntime - WAKE_BONUS_NS : 0;
			t->vruntime = MAX(t->vruntime, floor);
			enqueue(t);
			check_preempt(t);
		}
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	return slept;
}

void sched_set_sleeping(struct wait_queue *wq)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	current->state = THREAD_SLEEPING;
	current->waiting_on = wq;
	spin_unlock_irqrestore(&sched_lock, flags);
}

void sched_set_running(void)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	current->state = THREAD_RUNNING;
	current->waiting_on = NULL;
	spin_unlock_irqrestore(&sched_lock, flags);
}

/* The queue stays while it is seen here: its last sleeper can't leave without sched_lock. */
void thread_waiting_on(const struct thread *t, char *name, size_t size)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	strlcpy(name, t->waiting_on ? t->waiting_on->name : "", size);
	spin_unlock_irqrestore(&sched_lock, flags);
}

void thread_kick(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	if (t->on_cpu && t->last_cpu != this_cpu()->id)
		ipi_reschedule(t->last_cpu);
	spin_unlock_irqrestore(&sched_lock, flags);
}

void thread_set_cpus(struct thread *t, u32 mask)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	BUG_ON(!(mask & cpus_online));
	t->allowed_cpus = mask;
	if (t->on_cpu && !allowed(t, &cpus[t->last_cpu]))
		ask_to_switch(&cpus[t->last_cpu]);
	else if (t->queued)
		check_preempt(t);
	spin_unlock_irqrestore(&sched_lock, flags);
	if (t == current)
		schedule();
}

void synchronize_cpus(void)
{
	u64 before[MAX_CPUS];
	BUG_ON(!irqs_enabled() || this_cpu()->preempt_count);
	if (cpus_online == 1)
		return;		/* who runs here is in no section of such a kind, and nobody else runs */
	u64 flags = spin_lock_irqsave(&sched_lock);
	for_each_online_cpu(c) {
		before[c->id] = c->passes;
		ask_to_switch(c);
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	for_each_online_cpu(c)
		while (READ_ONCE(c->passes) == before[c->id]) {
			thread_yield();
			cpu_relax();
		}
}

void sched_exit(void)
{
	irq_disable();
	spin_lock(&sched_lock);
	current->state = THREAD_DEAD;
	schedule_locked(false);
	panic("sched: a dead thread runs");
}

/* From the timer interrupt. */
void sched_tick(void)
{
	struct thread *t = current;
	this_cpu()->ticks++;
	t->cpu_ticks++;
	if (t == this_cpu()->idle)
		return;
	if (t->slice)
		t->slice--;
	if (!t->slice)
		this_cpu()->need_resched = true;
}
