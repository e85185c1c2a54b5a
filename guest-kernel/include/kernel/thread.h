/*
 * Kernel threads and the scheduler.
 *
 * A thread that is not running has saved_rsp pointing at its switch_frame;
 * the rip in it is where it goes on (inside schedule(), or thread_entry for a
 * new one). Every thread is in thread_list until it is reaped.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <kernel/types.h>
#include <kernel/list.h>
#include <kernel/spinlock.h>

struct process;
struct wait_queue;
struct trap_frame;
struct vmspace;

enum thread_state {
	THREAD_RUNNABLE,	/* in the run queue */
	THREAD_RUNNING,		/* on a CPU */
	THREAD_SLEEPING,	/* in a wait queue, or waiting for a timer */
	THREAD_DEAD,		/* has exited; its stack is about to be freed */
};

/* What context_switch pushes; saved_rsp points at it. */
struct switch_frame {
	u64 r15, r14, r13, r12, rbx, rbp;
	u64 rip;
};

struct thread {
	int tid;
	char name[16];
	enum thread_state state;	/* under sched_lock */
	u64 stack_base;			/* lowest usable byte of the kernel stack */
	u64 stack_size;
	u64 saved_rsp;			/* valid while not THREAD_RUNNING */
	struct trap_frame *user_frame;	/* top of the stack; NULL: kernel thread */
	struct process *process;	/* NULL: kernel thread */
	struct wait_queue *waiting_on;	/* NULL: not in a wait queue; under sched_lock */
	struct list_head wait_link;	/* in waiting_on->sleepers */
	struct list_head run_link;	/* in the run queue */
	struct list_head all_link;	/* in thread_list */
	bool queued;			/* is in the run queue */
	bool on_cpu;			/* a CPU runs on its stack: last_cpu */
	u32 last_cpu;
	u32 allowed_cpus;		/* mask */
	u32 slice;			/* ticks left before it is preempted */
	u64 vruntime;			/* CPU time had, in ns, comparable between threads */
	u64 started_ns;			/* up to when vruntime is charged, by the clock of last_cpu */
	struct vmspace *vm;		/* NULL: kernel thread */
	u64 cpu_ticks;			/* timer ticks charged */
	u64 switches;			/* times it was switched in */
	u32 signals;			/* bit s: signal s pending */
	bool should_stop;		/* kthread_stop was called */
	int exit_code;
	void (*function)(void *arg);
	void *argument;
};

extern struct list_head thread_list;
extern struct spinlock thread_list_lock;	/* taken with irqsave; leaf lock */

/* Hold thread_list_lock around this. */
#define for_each_thread(t) list_for_each(t, &thread_list, all_link)

/* Makes and starts a kernel thread; NULL if there is no memory. */
struct thread *kthread_create(const char *name, void (*function)(void *), void *arg);
/*
 * Asks t to stop, wakes it, and waits until it is gone. A thread that is to be
 * stopped so runs until kthread_should_stop(); t is freed by this.
 */
void kthread_stop(struct thread *t);
bool kthread_should_stop(void);
/*
 * For a main function that never returns: called where it has no state but its argument (no lock, no memory, nothing
 * counted on in a local variable). If a live update has replaced the main function, or has been undone, the thread
 * leaves it here and begins the version that is in force now, with its argument, as when it was made; then this does
 * not return. Without it such a thread would keep an update from finishing for good. Interrupts and preemption are
 * on.
 */
void kthread_update_point(void);
void thread_exit(int code) __noreturn;
/* Lets others run, if any is ready. */
void thread_yield(void);
/* Gives up the CPU. The caller has set its state, or stays runnable. */
void schedule(void);
/* Makes a sleeping thread runnable; returns whether it slept. */
bool thread_wake(struct thread *t);
/* If t runs on another CPU, makes it come through the kernel. */
void thread_kick(struct thread *t);
/* Lets t run on these CPUs only, from now on; for current, from the return on. One of them is online. */
void thread_set_cpus(struct thread *t, u32 mask);
/* Name of the queue that t waits in, or "". */
void thread_waiting_on(const struct thread *t, char *name, size_t size);

#endif
