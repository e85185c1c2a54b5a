/* bench.h: what /dev/bench has besides simple loops. The device calls these one at a time. */
#ifndef BENCH_H
#define BENCH_H

#include <kernel/types.h>

/* Kernel threads that end by themselves, once they are told to. */
struct crew {
	int *tids;	/* NULL: there is none */
	u64 count;
};

/* -EBUSY, -EINVAL; behind -ENOMEM some may have started: tell them to end, and join. */
s64 crew_start(struct crew *crew, void (*function)(void *), u64 count);
void crew_join(struct crew *crew);

/* -EBUSY, -EINVAL, -ENOMEM; none are left behind by a failure. */
s64 threads_start(u64 count);
s64 threads_rounds(u64 rounds);
void threads_stop(void);

/* Objects of slab cache "bench-record". The same errors. */
s64 records_make(u64 count);
s64 records_store(u64 stores);
s64 records_carry(u64 stores);
s64 records_store_locked(u64 stores);
void records_free(void);

/* Threads that stand in thread_join, a function of the kernel, until the end. The same errors. */
s64 waiters_start(u64 count);
void waiters_stop(void);

#endif
