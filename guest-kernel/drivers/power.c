/*
 * Power off through the debug-exit port, reset through the keyboard
 * controller. Where neither exists the CPU halts for good.
 */
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/power.h>
#include <kernel/trap.h>
#include <kernel/uart.h>

#define DEBUG_EXIT_PORT 0xf4
#define KEYBOARD_PORT 0x64
#define KEYBOARD_RESET 0xfe

static __noreturn void halt_for_good(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

void power_off(u32 value)
{
	cpus_stop();
	irq_disable();
	uart_flush();
	outl(DEBUG_EXIT_PORT, value);
	halt_for_good();
}

void power_reset(void)
{
	cpus_stop();
	irq_disable();
	uart_flush();
	outb(KEYBOARD_PORT, KEYBOARD_RESET);
	halt_for_good();
}
