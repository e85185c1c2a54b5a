/*
 * The scheduler: one run queue, sorted by virtual run time. The thread that
 * has had the least CPU time runs next; one that wakes up has not saved up
 * time while it slept, beyond a small bonus.
 *
 * sched_lock is taken with interrupts off and inside wait queue locks; it is
 * held across context_switch and released by the thread that comes in.
 */
#include <kernel/arch.h>
#include <kernel/init.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>

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
	if (--c->preempt_count == 0 && c->need_resched && !c->irq_depth && irqs_enabled())
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

static struct thread *pick(struct cpu *c)
{
	if (list_empty(&run_queue))
		return c->idle;
	struct thread *t = list_first(&run_queue, struct thread, run_link);
	list_del(&t->run_link);
	t->queued = false;
	min_vruntime = MAX(min_vruntime, t->vruntime);
	return t;
}

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

static void schedule_locked(bool preempted)
{
	struct cpu *c = this_cpu();
	struct thread *prev = c->thread;
	c->need_resched = false;
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

/* Asks for a switch if the woken thread deserves the CPU more. */
static void check_preempt(struct thread *woken)
{
	struct cpu *c = this_cpu();
	struct thread *now = c->thread;
	if (now == c->idle || woken->vruntime + WAKE_PREEMPT_NS < now->vruntime)
		c->need_resched = true;
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

void sched_set_sleeping(void)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	current->state = THREAD_SLEEPING;
	spin_unlock_irqrestore(&sched_lock, flags);
}

void sched_set_running(void)
{
	u64 flags = spin_lock_irqsave(&sched_lock);
	current->state = THREAD_RUNNING;
	spin_unlock_irqrestore(&sched_lock, flags);
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
	t->cpu_ticks++;
	if (t == this_cpu()->idle)
		return;
	if (t->slice)
		t->slice--;
	if (!t->slice)
		this_cpu()->need_resched = true;
}
