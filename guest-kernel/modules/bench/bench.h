/* bench.h: the threads of /dev/bench. The device calls these one at a time. */
#ifndef BENCH_H
#define BENCH_H

#include <kernel/types.h>

/* -EBUSY, -EINVAL, -ENOMEM; none are left behind by a failure. */
s64 threads_start(u64 count);
s64 threads_rounds(u64 rounds);
void threads_stop(void);

#endif
