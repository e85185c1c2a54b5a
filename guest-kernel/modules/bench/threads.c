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
static struct crew crew;
static u64 round_number, rounds_each, still_busy;
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

s64 crew_start(struct crew *crew, void (*function)(void *), u64 wanted)
{
	if (crew->tids)
		return -EBUSY;
	if (wanted == 0 || wanted > MOST_THREADS)
		return -EINVAL;
	crew->tids = vmalloc(wanted * sizeof(*crew->tids));
	if (!crew->tids)
		return -ENOMEM;
	for (crew->count = 0; crew->count < wanted; crew->count++) {
		struct thread *t = thread_create("bench", function, NULL);
		if (!t)
			return -ENOMEM;
		crew->tids[crew->count] = t->tid;
		sched_start(t);
	}
	return 0;
}

void crew_join(struct crew *crew)
{
	for (u64 i = 0; i < crew->count; i++)
		thread_join(crew->tids[i]);
	if (crew->tids)
		vfree(crew->tids);
	crew->tids = NULL;
	crew->count = 0;
}

s64 threads_start(u64 wanted)
{
	s64 err;

	if (crew.tids)
		return -EBUSY;
	stopping = false;
	round_number = 0;
	err = crew_start(&crew, work, wanted);
	if (err)
		threads_stop();
	return err;
}

s64 threads_rounds(u64 rounds)
{
	if (!crew.tids)
		return -EINVAL;
	rounds_each = rounds;
	WRITE_ONCE(still_busy, crew.count);
	__atomic_add_fetch(&round_number, 1, __ATOMIC_SEQ_CST);
	wake_up(&workers);
	wait_event(&finished, READ_ONCE(still_busy) == 0);
	return 0;
}

void threads_stop(void)
{
	if (!crew.tids)
		return;
	WRITE_ONCE(stopping, true);
	wake_up(&workers);
	crew_join(&crew);
}
