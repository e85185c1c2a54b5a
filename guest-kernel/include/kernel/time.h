/*
 * Time. The tick (TICK_HZ; 8254, or each CPU's local APIC) drives preemption
 * and, on the boot CPU, timers; time_ns comes from the TSC: 1 GHz virtual on
 * Lucos, calibrated against the 8254 elsewhere.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <kernel/types.h>
#include <kernel/list.h>

#define TICK_HZ 250
#define NS_PER_TICK (1000000000UL / TICK_HZ)

extern volatile u64 ticks;		/* since boot */

/* Ticks of the boot CPU, by what they interrupted; written by its timer interrupt only. /dev/load tells. */
struct cpu_load {
	u32 busy, idle;
};

extern struct cpu_load cpu_load;

void load_init(void);

u64 time_ns(void);			/* since boot, monotonic */

struct trap_frame;
void time_tick(struct trap_frame *tf);	/* from the local APIC's timer of each CPU */
void time_use_lapic(void);		/* the boot CPU's tick comes from there from now on */

struct timer {
	struct list_head link;
	u64 deadline_ns;
	void (*function)(void *arg);	/* interrupt context */
	void *arg;
	bool armed;
};

void timer_init(struct timer *t, void (*function)(void *), void *arg);
/* Fires once, at the first tick at or after deadline_ns. Re-arming moves it. */
void timer_arm(struct timer *t, u64 deadline_ns);
/* Returns whether it was armed; afterwards it will not fire, nor is its function still running. */
bool timer_cancel(struct timer *t);

/* Sleeps at least ns; -EINTR if a signal came first. */
int sleep_ns(u64 ns);

#endif
