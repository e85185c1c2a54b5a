/*
 * 8254: channel 0 gives the tick where there are no local APICs, channel 2
 * measures the TSC and the local APICs' timers where their rate is not known.
 */
#include <kernel/io.h>
#include <kernel/pit.h>
#include <kernel/time.h>

#define PIT_HZ 1193182
enum { CHANNEL0 = 0x40, CHANNEL2 = 0x42, COMMAND = 0x43, GATE = 0x61 };

void pit_start_tick(void)
{
	u32 divisor = (PIT_HZ + TICK_HZ / 2) / TICK_HZ;
	outb(COMMAND, 0x34);		/* channel 0, both bytes, rate generator */
	outb(CHANNEL0, divisor);
	outb(CHANNEL0, divisor >> 8);
}

/* Mode 0 counts only once it is loaded, which nobody does. */
void pit_stop_tick(void)
{
	outb(COMMAND, 0x30);
}

void pit_wait_10ms(void)
{
	u32 count = PIT_HZ / 100;
	outb(GATE, (inb(GATE) & ~2) | 1);	/* speaker off, gate open */
	outb(COMMAND, 0xb0);		/* channel 2, both bytes, one shot */
	outb(CHANNEL2, count);
	outb(CHANNEL2, count >> 8);
	while (!(inb(GATE) & 0x20))
		;
}

u64 pit_measure_tsc_hz(void)
{
	u64 start = rdtsc();
	pit_wait_10ms();
	return (rdtsc() - start) * 100;
}
