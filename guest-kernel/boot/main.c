/*
 * kernel_main: brings the parts up in the order in which they need each other.
 * The boot context then becomes the idle thread.
 */
#include <kernel/bootinfo.h>
#include <kernel/cmdline.h>
#include <kernel/cmos.h>
#include <kernel/init.h>
#include <kernel/ipi.h>
#include <kernel/lucos.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <kernel/trap.h>
#include <kernel/uart.h>

static void greet(void)
{
	struct cmos_date d;
	cmos_read_date(&d);
	printk("Lucos %s on %s, %u-%02u-%02u %02u:%02u:%02u\n", KERNEL_VERSION,
	       lucos_present() ? "Lucos" : "a PC", d.year, d.month, d.day,
	       d.hour, d.minute, d.second);
	printk("command line: %s\n", cmdline());
}

void idle_loop(void)
{
	preempt_enable();
	for (;;) {
		irq_disable();
		if (!this_cpu()->need_resched) {
			cpu_goes_idle();
			asm volatile("sti; hlt" ::: "memory");	/* no interrupt slips between */
		}
		irq_enable();
		if (this_cpu()->need_resched)
			schedule();
	}
}

void kernel_main(u64 start_info_phys)
{
	percpu_init(0);
	trap_init();
	trap_init_cpu();
	uart_init();
	bootinfo_read(start_info_phys);
	printk_enable_console(cmdline_has("quiet"));
	greet();
	page_init();
	paging_init();
	slab_init();
	kmalloc_init();
	vmalloc_init();
	vmspace_init();
	sched_init();
	pic_init();
	time_init();
	uart_enable_irq();
	process_init();
	smp_init();
	if (!kthread_create("init", init_thread, NULL))
		panic("no memory for the first thread");
	irq_enable();
	idle_loop();
}
