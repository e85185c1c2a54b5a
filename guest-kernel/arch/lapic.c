/*
 * The local APICs. Their page is mapped uncached at LAPIC_BASE; each CPU that
 * touches it reaches its own.
 */
#include <kernel/arch.h>
#include <kernel/io.h>
#include <kernel/lapic.h>
#include <kernel/layout.h>
#include <kernel/lucos.h>
#include <kernel/percpu.h>
#include <kernel/pit.h>
#include <kernel/printk.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>

#define PTE_UNCACHED (1UL << 4 | 1UL << 3)	/* PCD, PWT */

enum {
	TASK_PRIORITY = 0x80, END_OF_INTERRUPT = 0xb0, SPURIOUS = 0xf0, ERROR_STATUS = 0x280, COMMAND_LOW = 0x300,
	COMMAND_HIGH = 0x310, LVT_TIMER = 0x320, LVT_LINT0 = 0x350, LVT_LINT1 = 0x360, LVT_ERROR = 0x370,
	TIMER_INITIAL = 0x380, TIMER_CURRENT = 0x390, TIMER_DIVIDE = 0x3e0,
};
enum { SOFTWARE_ENABLE = 0x100, LVT_MASKED = 1 << 16, LVT_PERIODIC = 1 << 17, LVT_EXTINT = 7 << 8 };
enum { DELIVER_INIT = 5 << 8, DELIVER_STARTUP = 6 << 8, DELIVERY_PENDING = 1 << 12, LEVEL_ASSERT = 1 << 14 };
enum { DIVIDE_BY_1 = 0xb };

static u32 timer_count;		/* of the timer's input in one tick */

static u32 read_register(u32 offset)
{
	return *(volatile u32 *)(LAPIC_BASE + offset);
}

static void write_register(u32 offset, u32 value)
{
	*(volatile u32 *)(LAPIC_BASE + offset) = value;
}

static void cpuid_1(u32 *b, u32 *d)
{
	u32 a = 1, c = 0;
	asm volatile("cpuid" : "+a"(a), "=b"(*b), "+c"(c), "=d"(*d));
}

bool lapic_present(void)
{
	u32 b, d;
	cpuid_1(&b, &d);
	return d >> 9 & 1;
}

u8 lapic_boot_id(void)
{
	u32 b, d;
	cpuid_1(&b, &d);
	return b >> 24;
}

bool lapic_map(u64 phys)
{
	return !kernel_map(LAPIC_BASE, phys, PROT_KERNEL_DATA | PTE_UNCACHED);
}

void lapic_enable(bool boot_cpu)
{
	write_register(SPURIOUS, SOFTWARE_ENABLE | VEC_SPURIOUS);
	write_register(TASK_PRIORITY, 0);
	write_register(LVT_TIMER, LVT_MASKED);
	write_register(LVT_LINT0, boot_cpu ? LVT_EXTINT : LVT_MASKED);
	write_register(LVT_LINT1, LVT_MASKED);		/* NMI: nothing here sends one, and entry code could not bear it */
	write_register(LVT_ERROR, VEC_LAPIC_ERROR);
	write_register(ERROR_STATUS, 0);
	write_register(END_OF_INTERRUPT, 0);
}

void lapic_end_interrupt(void)
{
	write_register(END_OF_INTERRUPT, 0);
}

void lapic_report_error(void)
{
	write_register(ERROR_STATUS, 0);	/* latches what came since the last write */
	pr_err("CPU %u: local APIC error %x\n", this_cpu()->id, read_register(ERROR_STATUS));
}

/* On Lucos the timer counts nanoseconds; elsewhere its rate is unknown. */
void lapic_timer_calibrate(void)
{
	write_register(TIMER_DIVIDE, DIVIDE_BY_1);
	if (lucos_present()) {
		timer_count = NS_PER_TICK;
		return;
	}
	write_register(TIMER_INITIAL, ~0U);
	pit_wait_10ms();
	timer_count = (u64)(~0U - read_register(TIMER_CURRENT)) * 100 / TICK_HZ;
	write_register(TIMER_INITIAL, 0);
}

void lapic_timer_start(void)
{
	write_register(TIMER_DIVIDE, DIVIDE_BY_1);
	write_register(LVT_TIMER, LVT_PERIODIC | VEC_LAPIC_TIMER);
	write_register(TIMER_INITIAL, timer_count);
}

/* The two halves must not be torn apart by an interrupt that sends too. */
static void send(u32 apic_id, u32 command)
{
	u64 flags = irq_save();
	while (read_register(COMMAND_LOW) & DELIVERY_PENDING)
		cpu_relax();
	write_register(COMMAND_HIGH, apic_id << 24);
	write_register(COMMAND_LOW, command);
	irq_restore(flags);
}

void lapic_send(u32 apic_id, u8 vector)
{
	send(apic_id, LEVEL_ASSERT | vector);
}

void lapic_send_init(u32 apic_id)
{
	send(apic_id, LEVEL_ASSERT | DELIVER_INIT);
}

void lapic_send_startup(u32 apic_id, u64 phys)
{
	send(apic_id, LEVEL_ASSERT | DELIVER_STARTUP | (u32)(phys >> PAGE_SHIFT));
}
