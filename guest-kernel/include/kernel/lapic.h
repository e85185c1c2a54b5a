/*
 * The local APIC of each CPU, in xAPIC mode (Intel SDM vol. 3 chapter 11). All
 * act on the CPU that calls.
 */
#ifndef KERNEL_LAPIC_H
#define KERNEL_LAPIC_H

#include <kernel/types.h>

bool lapic_present(void);		/* CPUID says so */
u8 lapic_boot_id(void);			/* APIC id by CPUID: before anything is mapped */
bool lapic_map(u64 phys);		/* once; false: no memory */
/* Enables it. The boot CPU's lets the 8259s' interrupts through (virtual wire). */
void lapic_enable(bool boot_cpu);
void lapic_end_interrupt(void);
void lapic_report_error(void);

/* Measures the timer, once. */
void lapic_timer_calibrate(void);
void lapic_timer_start(void);		/* VEC_LAPIC_TIMER at TICK_HZ */

/* Sends a vector to one CPU, by APIC id. Any context. */
void lapic_send(u32 apic_id, u8 vector);
void lapic_send_init(u32 apic_id);
/* The CPU begins in real mode at phys, which lies below 1 MiB, page aligned. */
void lapic_send_startup(u32 apic_id, u64 phys);

#endif
