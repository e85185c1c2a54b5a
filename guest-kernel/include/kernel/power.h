/*
 * Ends of the machine's life.
 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include <kernel/types.h>

/* Debug-exit with value: QEMU's exit status becomes value * 2 + 1. */
void power_off(u32 value) __noreturn;
void power_reset(void) __noreturn;

#endif
