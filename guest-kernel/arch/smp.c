/*
 * Starts the other CPUs, one after the other, by INIT and start-up messages
 * (Intel SDM vol. 3 section 9.4.4). With one CPU, `nosmp`, or no local APICs the
 * kernel runs as on a PC without them: 8259 and 8254.
 */
#include <kernel/acpi.h>
#include <kernel/arch.h>
#include <kernel/bootinfo.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/lapic.h>
#include <kernel/layout.h>
#include <kernel/lucos.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trap.h>

#define YIELD_PORT 0x4c59		/* Lucos: any write gives the rest of this CPU's turn to the others */
#define COME_UP_NS 3000000000UL		/* a busy host may let it wait for long */
#define STARTUP_NS 200000UL
#define INIT_NS 10000000UL

/* start_state of a CPU; the two that decide exchange it against STARTING, so that a CPU is never both up and left out. */
enum { ABSENT, STARTING, UP, LEFT_OUT };

u64 ap_stacks[256];			/* by APIC id: top of the idle thread's stack, for ap_start.S */

static bool yields;

void cpu_relax(void)
{
	asm volatile("pause");
	if (yields)
		outb(YIELD_PORT, 0);
}

static void wait_ns(u64 ns)
{
	u64 end = time_ns() + ns;
	while (time_ns() < end)
		cpu_relax();
}

static bool exchange_state(struct cpu *c, u32 to)
{
	u32 from = STARTING;
	return __atomic_compare_exchange_n(&c->start_state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static struct cpu *starting_cpu(u32 apic_id)
{
	for (u32 i = 1; i < MAX_CPUS; i++)
		if (cpus[i].start_state == STARTING && cpus[i].apic_id == apic_id)
			return &cpus[i];
	return NULL;
}

/* First C code of a started CPU, on its idle thread's stack. */
__noreturn void smp_cpu_main(u32 apic_id)
{
	struct cpu *c = starting_cpu(apic_id);
	if (c) {
		percpu_init(c->id);
		trap_init_cpu();
		paging_init_cpu();
		lapic_enable(false);
		lapic_timer_start();
	}
	if (!c || !exchange_state(c, UP))
		for (;;)
			asm volatile("cli; hlt");	/* too late */
	irq_enable();
	idle_loop();
}

static bool came_up(struct cpu *c, u64 ns)
{
	u64 end = time_ns() + ns;
	while (READ_ONCE(c->start_state) != UP && time_ns() < end)
		cpu_relax();
	return READ_ONCE(c->start_state) == UP;
}

/* The waits are what the manual asks for; on Lucos there is nothing to wait for. */
static bool wake(struct cpu *c)
{
	lapic_send_init(c->apic_id);
	if (!lucos_present())
		wait_ns(INIT_NS);
	lapic_send_startup(c->apic_id, TRAMPOLINE_PHYS);
	if (came_up(c, STARTUP_NS))
		return true;
	lapic_send_startup(c->apic_id, TRAMPOLINE_PHYS);
	return came_up(c, COME_UP_NS) || !exchange_state(c, LEFT_OUT);
}

static void start(u32 id, u8 apic_id)
{
	struct cpu *c = &cpus[id];
	c->id = id;
	c->apic_id = apic_id;
	c->preempt_count = 1;
	c->idle = c->thread = sched_idle_create(id);
	if (!c->idle) {
		pr_err("smp: no memory to start the CPU with APIC id %u\n", apic_id);
		return;
	}
	ap_stacks[apic_id] = c->idle->stack_base + c->idle->stack_size;
	__atomic_store_n(&c->start_state, STARTING, __ATOMIC_SEQ_CST);
	if (wake(c)) {
		__atomic_or_fetch(&cpus_online, 1u << id, __ATOMIC_SEQ_CST);
		return;
	}
	/* It may come yet, so its stack is never used for anything else. */
	ap_stacks[apic_id] = 0;
	pr_err("smp: the CPU with APIC id %u does not come up: it is left out\n", apic_id);
}

/* How many CPUs the command line allows. */
static u32 allowed_cpus(void)
{
	u64 n = cmdline_has("nosmp") ? 1 : cmdline_u64("maxcpus", MAX_CPUS);
	return n < 1 ? 1 : MIN(n, MAX_CPUS);
}

static bool find(struct acpi_cpus *found)
{
	const char *why;
	if (allowed_cpus() == 1 || !lapic_present())
		return false;
	if (!acpi_find_cpus(found, allowed_cpus(), lapic_boot_id(), &why)) {
		if (why)
			pr_err("smp: %s: one CPU is used\n", why);
		return false;
	}
	if (found->count > 1 && !boot_info.trampoline_is_ram) {
		pr_err("smp: no RAM at %lx to start CPUs from: one CPU is used\n", TRAMPOLINE_PHYS);
		return false;
	}
	return found->count > 1;
}

void smp_init(void)
{
	extern char ap_trampoline[], ap_trampoline_end[];
	struct acpi_cpus found;
	if (!find(&found))
		return;
	if (!lapic_map(found.lapic_phys)) {
		pr_err("smp: no memory for the local APICs' page: one CPU is used\n");
		return;
	}
	yields = lucos_present();
	cpus[0].apic_id = found.apic_ids[0];
	lapic_enable(true);
	lapic_timer_calibrate();
	time_use_lapic();
	memcpy(phys_to_virt(TRAMPOLINE_PHYS), ap_trampoline, ap_trampoline_end - ap_trampoline);
	for (u32 i = 1; i < found.count; i++)
		start(i, found.apic_ids[i]);
	printk("smp: %u CPUs", cpus_count());
	if (found.ignored)
		printk(" (%u more are not used)", found.ignored);
	printk("\n");
}
