/*
 * Between the scheduler and the thread, wait queue and timer code.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/types.h>

struct thread;
struct wait_queue;

void schedule_preempted(void);		/* stays runnable whatever its state */
void sched_start(struct thread *t);	/* first time into the run queue */
void sched_set_sleeping(struct wait_queue *wq);	/* the caller calls schedule() next */
void sched_set_running(void);
void sched_exit(void) __noreturn;
void sched_tick(void);
u32 sched_runnable(void);		/* threads that wait for a CPU */
void sched_finish_switch(void);
void thread_reap(struct thread *gone);	/* its stack is no longer in use */

/* A CPU's idle thread, which is in no queue; CPU 0's has the boot stack. NULL: no memory. */
struct thread *sched_idle_create(u32 cpu);
/*
 * A grace period: waits until every CPU has been through the scheduler once. So
 * whoever looked at something with preemption (or interrupts) off has stopped
 * looking, if it was taken out of sight before. Process context, nothing held but mutexes.
 */
void synchronize_cpus(void);

#endif
