/*
 * sys_readlog: the kernel log for everybody, with a flaw left in on purpose.
 *
 * The offset comes from the caller and is used as an index without a check against the size of the log, the mistake of
 * CVE-2017-18344 (timer_create's sigev_notify used as an index) and CVE-2013-1763 (sock_diag's family): whoever passes an offset
 * behind the log reads the kernel data that lies there, such as boot_secret (kernel/secret.c). user/programs/readlog-exploit.c
 * does it; the update fix-readlog repairs it in the running kernel.
 */
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

s64 sys_readlog(char *buf, s64 offset, u64 len)
{
	if (offset < 0)
		return -EINVAL;
	if (len > KLOG_SIZE)
		len = KLOG_SIZE;
	if (copy_to_user(buf, klog_buffer + offset, len))
		return -EFAULT;
	return (s64)len;
}
