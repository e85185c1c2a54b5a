/*
 * Per-CPU data, reached through GS in kernel mode. The entry code swaps GS
 * whenever it comes from ring 3. With preemption on, a thread may go on on
 * another CPU at any time: what this_cpu() gave is then the old one's.
 *
 * preempt_count: spinlocks held + preempt_disable() nesting; 0 = preemptible.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <kernel/types.h>

#define MAX_CPUS 8

struct thread;
struct vmspace;

struct cpu {
	struct cpu *self;		/* 0:  known to assembly */
	struct thread *thread;		/* 8:  known to assembly */
	u64 kernel_rsp;			/* 16: stack for SYSCALL, known to assembly */
	u64 user_rsp;			/* 24: scratch of SYSCALL, known to assembly */
	u32 id;
	u32 preempt_count;
	u32 irq_depth;			/* > 0 inside an interrupt handler */
	bool need_resched;
	struct thread *idle;
	struct thread *switched_from;	/* during a switch */
	struct vmspace *vm;		/* whose tables are loaded; NULL: the kernel's */
	u32 apic_id;
	u32 start_state;		/* arch/smp.c */
	u64 ticks;			/* that this CPU has had */
	u64 passes;			/* through the scheduler: see synchronize_cpus */
	/* Requests of other CPUs (arch/ipi.c): how often wanted, and up to which of them done. */
	u64 flush_wanted, flush_done;
	u64 sync_wanted, sync_done;
	bool idling;			/* halted, or about to be: serves the two when it wakes up, before all else */
	u64 parked_frame;		/* frame of cpus_park's handler while it keeps this CPU; 0: not parked */
	bool stopped;			/* for good */
};

extern struct cpu cpus[MAX_CPUS];
extern u32 cpus_online;			/* bit i: CPU i runs; grows only while booting */

#define for_each_online_cpu(c) \
	for (struct cpu *c = cpus; c < cpus + MAX_CPUS; c++) \
		if (cpus_online >> (c - cpus) & 1)

u32 cpus_count(void);			/* online */

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;
	asm volatile("mov %%gs:0, %0" : "=r"(c));
	return c;
}

static inline struct thread *get_current(void)
{
	struct thread *t;
	asm volatile("mov %%gs:8, %0" : "=r"(t));
	return t;
}

#define current get_current()

void preempt_disable(void);
/* May reschedule at once, if that is due and interrupts are on. Behind it the caller may be on another CPU. */
void preempt_enable(void);
/* Before a trap returns: reschedules if that is due and allowed. */
void preempt_on_return(void);

#endif
