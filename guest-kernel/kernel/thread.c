/*
 * Making and ending threads.
 */
#include <kernel/arch.h>
#include <kernel/init.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>

LIST(thread_list);
struct spinlock thread_list_lock = SPINLOCK("thread list");

static struct kmem_cache *thread_cache;
static int next_tid = 1;	/* under thread_list_lock */
static WAIT_QUEUE(thread_gone, "thread exit");

struct thread *thread_create(const char *name, void (*function)(void *), void *arg)
{
	struct thread *t = kmem_cache_alloc(thread_cache);
	if (!t)
		return NULL;
	void *stack = vmalloc(KERNEL_STACK_SIZE);
	if (!stack) {
		kmem_cache_free(thread_cache, t);
		return NULL;
	}
	strlcpy(t->name, name, sizeof(t->name));
	t->stack_base = (u64)stack;
	t->stack_size = KERNEL_STACK_SIZE;
	t->function = function;
	t->argument = arg;
	t->allowed_cpus = ~0u;
	list_init(&t->wait_link);
	list_init(&t->run_link);

	/* Top of the stack: room for a trap frame from ring 3, then the switch frame. */
	u64 top = t->stack_base + t->stack_size - sizeof(struct trap_frame) - 16;
	struct switch_frame *sf = (struct switch_frame *)(top - sizeof(*sf));
	sf->rip = (u64)thread_entry;
	t->saved_rsp = (u64)sf;

	u64 flags = spin_lock_irqsave(&thread_list_lock);
	t->tid = next_tid++;
	list_add_tail(&t->all_link, &thread_list);
	spin_unlock_irqrestore(&thread_list_lock, flags);
	return t;
}

struct thread *kthread_create(const char *name, void (*function)(void *), void *arg)
{
	struct thread *t = thread_create(name, function, arg);
	if (t)
		sched_start(t);
	return t;
}

/* Called by thread_entry, with sched_lock held by the switch. */
void thread_start(void)
{
	sched_finish_switch();
	irq_enable();
	thread_run(current->function, current->argument);
}

void thread_exit(int code)
{
	current->exit_code = code;
	sched_exit();
}

void thread_reap(struct thread *gone)
{
	/* On the list to the last, so that who no longer finds it there may count on all of its memory being free. */
	vfree((void *)gone->stack_base);
	u64 flags = spin_lock_irqsave(&thread_list_lock);
	list_del(&gone->all_link);
	kmem_cache_free(thread_cache, gone);
	spin_unlock_irqrestore(&thread_list_lock, flags);
	wake_up(&thread_gone);
}

bool thread_exists(int tid)
{
	bool found = false;
	struct thread *t;
	u64 flags = spin_lock_irqsave(&thread_list_lock);
	for_each_thread(t)
		found |= t->tid == tid;
	spin_unlock_irqrestore(&thread_list_lock, flags);
	return found;
}

void kthread_stop(struct thread *t)
{
	/* Once it sees should_stop it may end at any time, but not be freed while the list is locked. */
	u64 flags = spin_lock_irqsave(&thread_list_lock);
	int tid = t->tid;
	WRITE_ONCE(t->should_stop, true);
	thread_wake(t);
	spin_unlock_irqrestore(&thread_list_lock, flags);
	thread_join(tid);
}

void thread_join(int tid)
{
	wait_event(&thread_gone, !thread_exists(tid));
}

bool thread_join_timeout(int tid, u64 ns)
{
	return wait_event_timeout(&thread_gone, !thread_exists(tid), ns);
}

bool kthread_should_stop(void)
{
	return READ_ONCE(current->should_stop);
}

/* The context that boots becomes the idle thread of CPU 0. */
static void adopt_boot_stack(struct thread *t)
{
	extern char boot_stack[], boot_stack_top[];
	t->stack_base = (u64)boot_stack;
	t->stack_size = boot_stack_top - boot_stack;
	strlcpy(t->name, "idle", sizeof(t->name));
}

struct thread *sched_idle_create(u32 cpu)
{
	static struct thread idle[MAX_CPUS];
	struct thread *t = &idle[cpu];
	if (cpu == 0)
		adopt_boot_stack(t);
	else {
		t->stack_base = (u64)vmalloc(KERNEL_STACK_SIZE);
		t->stack_size = KERNEL_STACK_SIZE;
		snprintf(t->name, sizeof(t->name), "idle/%u", cpu);
	}
	if (!t->stack_base)
		return NULL;
	t->state = THREAD_RUNNING;
	t->on_cpu = true;
	t->last_cpu = cpu;
	t->allowed_cpus = 1u << cpu;
	list_init(&t->wait_link);
	list_init(&t->run_link);
	u64 flags = spin_lock_irqsave(&thread_list_lock);
	t->tid = cpu ? next_tid++ : 0;
	list_add(&t->all_link, &thread_list);
	spin_unlock_irqrestore(&thread_list_lock, flags);
	return t;
}

void sched_init(void)
{
	struct cpu *c = this_cpu();
	thread_cache = kmem_cache_create("thread", sizeof(struct thread), NULL);
	c->idle = c->thread = sched_idle_create(0);
}
