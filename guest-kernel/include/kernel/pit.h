/*
 * The 8254 timer chip.
 */
#ifndef KERNEL_PIT_H
#define KERNEL_PIT_H

#include <kernel/types.h>

void pit_start_tick(void);	/* IRQ 0 at TICK_HZ */
void pit_stop_tick(void);
void pit_wait_10ms(void);	/* polls: for the time when nothing else runs */
u64 pit_measure_tsc_hz(void);	/* takes 10 ms */

#endif
