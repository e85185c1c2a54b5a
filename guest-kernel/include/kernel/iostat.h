/*
 * What read and write have moved since boot, for all processes together. /dev/iostat tells.
 */
#ifndef KERNEL_IOSTAT_H
#define KERNEL_IOSTAT_H

#include <kernel/types.h>

struct io_counters {
	u32 reads, writes;			/* calls that moved something */
	u32 read_bytes, written_bytes;
};

/* Counted without a lock, by any CPU: each with one atomic instruction. */
extern struct io_counters io_counters;

void iostat_init(void);

static inline void io_count(u32 *calls, u32 *bytes, s64 moved)
{
	if (moved <= 0)
		return;
	__atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(bytes, (u32)moved, __ATOMIC_RELAXED);
}

#endif
