/*
 * Per-CPU data, reached through GS in kernel mode. The entry code swaps GS
 * whenever it comes from ring 3.
 *
 * preempt_count: spinlocks held + preempt_disable() nesting; 0 = preemptible.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <kernel/types.h>

#define MAX_CPUS 8

struct thread;

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
};

extern struct cpu cpus[MAX_CPUS];

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
/* May reschedule at once, if that is due and interrupts are on. */
void preempt_enable(void);
/* Before a trap returns: reschedules if that is due and allowed. */
void preempt_on_return(void);

#endif
