/*
 * Between the scheduler and the thread, wait queue and timer code.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/types.h>

struct thread;

void schedule_preempted(void);		/* stays runnable whatever its state */
void sched_start(struct thread *t);	/* first time into the run queue */
void sched_set_sleeping(void);		/* the caller calls schedule() next */
void sched_set_running(void);
void sched_exit(void) __noreturn;
void sched_tick(void);
void sched_finish_switch(void);
void thread_reap(struct thread *gone);	/* its stack is no longer in use */

#endif
