/*
 * kernel_main: brings the parts up in the order in which they need each other.
 */
#include <kernel/bootinfo.h>
#include <kernel/init.h>
#include <kernel/lucos.h>
#include <kernel/oops.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/cmdline.h>
#include <kernel/uart.h>

void kernel_main(u64 start_info_phys)
{
	percpu_init();
	uart_init();
	trap_init();
	bootinfo_read(start_info_phys);
	printk_enable_console(cmdline_has("quiet"));
	printk("Lucos %s on %s\n", KERNEL_VERSION, lucos_present() ? "Lucos" : "a PC");
	power_off(0);
}
