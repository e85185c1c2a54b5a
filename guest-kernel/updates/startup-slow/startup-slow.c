/*
 * An update whose startup function takes longer than it may: refused as startup-failed. Its module stays until the
 * function has returned; that it agreed then comes too late, so the cleanup function is called, and the module unloaded.
 */
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <lucos_update.h>

LUCOS_UPDATE("startup-slow", "1.0", "agrees after eight seconds");

static s64 same_getpid(void)
{
	return current_process()->pid;
}

static int dawdle(void)
{
	sleep_ns(8000000000UL);
	printk("startup-slow: startup returns\n");
	return 0;
}

static void tell(void)
{
	printk("startup-slow: cleanup\n");
}

LUCOS_REPLACE(sys_getpid, same_getpid);
LUCOS_STARTUP(dawdle);
LUCOS_CLEANUP(tell);
