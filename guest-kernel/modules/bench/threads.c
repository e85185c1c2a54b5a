/*
 * Many kernel threads that do nothing but give up the CPU: what making one and switching between them costs as they become more.
 */
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>
#include <uapi/errno.h>
#include "bench.h"

#define MOST_THREADS 100000UL

static WAIT_QUEUE(workers, "bench workers");
static WAIT_QUEUE(finished, "bench finished");
static int *tids;
static u64 count, round_number, rounds_each, still_busy;
static bool stopping;

/* Each round_number that is announced means rounds_each turns for every thread. */
static void work(void *arg)
{
	for (u64 seen = 0;;) {
		wait_event(&workers, READ_ONCE(stopping) || READ_ONCE(round_number) != seen);
		if (READ_ONCE(stopping))
			return;
		seen = READ_ONCE(round_number);
		for (u64 i = 0; i < rounds_each; i++)
			thread_yield();
		if (__atomic_sub_fetch(&still_busy, 1, __ATOMIC_SEQ_CST) == 0)
			wake_up(&finished);
	}
}

s64 threads_start(u64 wanted)
{
	if (tids)
		return -EBUSY;
	if (wanted == 0 || wanted > MOST_THREADS)
		return -EINVAL;
	tids = vmalloc(wanted * sizeof(*tids));
	if (!tids)
		return -ENOMEM;
	stopping = false;
	round_number = 0;
	for (count = 0; count < wanted; count++) {
		struct thread *t = thread_create("bench", work, NULL);
		if (!t) {
			threads_stop();
			return -ENOMEM;
		}
		tids[count] = t->tid;
		sched_start(t);
	}
	return 0;
}

s64 threads_rounds(u64 rounds)
{
	if (!tids)
		return -EINVAL;
	rounds_each = rounds;
	WRITE_ONCE(still_busy, count);
	__atomic_add_fetch(&round_number, 1, __ATOMIC_SEQ_CST);
	wake_up(&workers);
	wait_event(&finished, READ_ONCE(still_busy) == 0);
	return 0;
}

void threads_stop(void)
{
	if (!tids)
		return;
	WRITE_ONCE(stopping, true);
	wake_up(&workers);
	for (u64 i = 0; i < count; i++)
		thread_join(tids[i]);
	vfree(tids);
	tids = NULL;
	count = 0;
}
