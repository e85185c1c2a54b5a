/*
 * Stacks on fix-readlog: replaces sys_readlog once more, and tells the log who tries to read behind it. An attacker
 * must not be able to flood the log that way, so every power of two of attempts is told only.
 */
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lucos_update.h>
#include <uapi/errno.h>

LUCOS_UPDATE("fix-readlog-2", "1.0", "sys_readlog also reports who reads behind the log");
LUCOS_DEPENDS("fix-readlog", "");

static u64 attempts;

static s64 refuse_reader(s64 offset)
{
	u64 count = __atomic_add_fetch(&attempts, 1, __ATOMIC_RELAXED);

	if ((count & (count - 1)) == 0)
		printk("readlog: attempt %lu to read behind the log: pid %d, uid %u, offset %ld\n", count,
			current_process()->pid, current_process()->uid, offset);
	return -EINVAL;
}

static s64 reporting_readlog(char *buf, s64 offset, u64 len)
{
	if (offset < 0 || offset >= KLOG_SIZE)
		return refuse_reader(offset);
	len = MIN(len, KLOG_SIZE - (u64)offset);
	if (copy_to_user(buf, klog_buffer + offset, len))
		return -EFAULT;
	return (s64)len;
}

static void tell_total(void)
{
	printk("readlog: %lu attempts were refused\n", attempts);
}

LUCOS_REPLACE(sys_readlog, reporting_readlog);
LUCOS_CLEANUP(tell_total);
