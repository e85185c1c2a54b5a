/*
 * For those who make threads that are more than kernel threads (processes).
 */
#ifndef KERNEL_THREAD_INTERNAL_H
#define KERNEL_THREAD_INTERNAL_H

#include <kernel/types.h>

struct thread;

/* Not yet in the run queue: sched_start starts it. */
struct thread *thread_create(const char *name, void (*function)(void *), void *arg);
bool thread_exists(int tid);
/* Waits until the thread is gone, stack and all. */
void thread_join(int tid);
/* The same, but not for longer than ns. False: it is still there. */
bool thread_join_timeout(int tid, u64 ns);

#endif
