/*
 * Starting of CPUs. What running ones can ask of each other is in kernel/ipi.h.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <kernel/types.h>

/* Where a started CPU enters C, with the final page tables and its stack. */
void smp_cpu_main(u32 apic_id) __noreturn;

#endif
