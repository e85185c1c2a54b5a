/*
 * An update whose startup looks at the kernel before it agrees: it reads the cache that it would count processes by,
 * and refuses where that is missing. In a kernel as booted it agrees.
 */
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <lucos_update.h>

LUCOS_UPDATE("startup-checks", "1.0", "sys_getppid counts its calls, if there is a pipe cache");

static u64 calls;

static s64 counting_getppid(void)
{
	struct process *parent = current_process()->parent;

	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return parent ? parent->pid : 0;
}

static int look(void)
{
	struct kmem_cache *cache = kmem_cache_find("pipe");

	if (!cache) {
		printk("startup-checks: this kernel has no pipe cache\n");
		return -1;
	}
	printk("startup-checks: %lu pipes are open\n", cache->live);
	return 0;
}

static void tell(void)
{
	printk("startup-checks: sys_getppid was called %lu times\n", calls);
}

LUCOS_REPLACE(sys_getppid, counting_getppid);
LUCOS_STARTUP(look);
LUCOS_CLEANUP(tell);
