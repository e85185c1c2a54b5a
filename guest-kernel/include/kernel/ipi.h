/*
 * What one CPU asks of others. None of these does anything with one CPU, but
 * for what it says about the caller's own.
 */
#ifndef KERNEL_IPI_H
#define KERNEL_IPI_H

#include <kernel/types.h>

/* Interrupt `vector` (VEC_RESCHEDULE, ...) has come. Interrupts are off. */
void ipi_receive(u64 vector);
/* Makes a CPU look at need_resched and at its thread's signals. */
void ipi_reschedule(u32 cpu);

/*
 * Runs f(arg) on the CPUs of the mask that are online, the caller's too, in
 * interrupt context, and waits until all have. Interrupts on, no spinlock held.
 */
void cpus_call(u32 mask, void (*f)(void *arg), void *arg);

/*
 * Flushes all translations on the other CPUs of the mask, and waits. Any
 * context: a CPU that waits here, or for a spinlock, with interrupts off
 * serves the requests of others meanwhile (ipi_poll).
 */
void tlb_flush_others(u32 mask);
/*
 * Runs sync_core() on all CPUs, the caller's too, and waits: whatever code was
 * written before is what every CPU runs afterwards. Any context.
 */
void sync_core_all(void);
/*
 * Around the halt of an idle CPU, interrupts off: nobody waits for it or wakes it meanwhile to flush or serialize; it does so
 * when it wakes up, in the interrupt's first instructions (cpu_woken, by trap_dispatch).
 */
void cpu_goes_idle(void);
void cpu_woken(void);
/* For loops that wait with interrupts off for another CPU: does what others ask, and pauses. */
void ipi_poll(void);

/*
 * Brings all other CPUs to a known point: in an interrupt handler with
 * interrupts off, whence stack_walk_thread can walk what they run. Nothing
 * runs but the caller, with preemption off, and its interrupt handlers, until
 * cpus_release. Process context; may sleep; nothing but short work between the two.
 */
void cpus_park(void);
void cpus_release(void);

/* The machine is going down: the other CPUs halt for good, those that answer in time. Any context. */
void cpus_stop(void);

#endif
