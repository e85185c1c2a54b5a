/*
 * Samples of the kernel's load: see kernel/kstat.c.
 */
#ifndef KERNEL_KSTAT_H
#define KERNEL_KSTAT_H

#include <kernel/spinlock.h>
#include <kernel/types.h>

#define KSTAT_SAMPLES 256

struct kstat_sample {
	u64 time_ns;		/* since boot */
	u64 free_pages;
	u32 runnable;		/* threads that wait for a CPU */
};

struct kstat {
	struct spinlock lock;
	u64 period_ns;
	u64 taken;		/* since the first: the newest is samples[(taken - 1) % KSTAT_SAMPLES] */
	struct kstat_sample samples[KSTAT_SAMPLES];
};

extern struct kstat kstat;

void kstat_sample(struct kstat *k);
void kstat_init(void);		/* makes /dev/kstat */

#endif
