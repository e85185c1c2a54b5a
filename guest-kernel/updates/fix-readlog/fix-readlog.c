/*
 * The readlog system call copies from the kernel's log at an offset that the caller chose, and never looks whether
 * that is still in the log (kernel/readlog.c). Here it looks.
 */
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lucos_update.h>
#include <uapi/errno.h>

LUCOS_UPDATE("fix-readlog", "1.0", "sys_readlog refuses offsets behind the log");

static s64 checked_readlog(char *buf, s64 offset, u64 len)
{
	if (offset < 0 || offset >= KLOG_SIZE)
		return -EINVAL;
	len = MIN(len, KLOG_SIZE - (u64)offset);
	if (copy_to_user(buf, klog_buffer + offset, len))
		return -EFAULT;
	return (s64)len;
}

LUCOS_REPLACE(sys_readlog, checked_readlog);
