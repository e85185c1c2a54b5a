/*
 * lock-order without its transfer functions: old and new code take the same two locks in opposite orders, and sooner
 * or later wait for each other for ever. Here to show that they do.
 */
#include <kernel/audit.h>
#include <kernel/fs.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <lucos_update.h>
#include <uapi/errno.h>

LUCOS_UPDATE("lock-order-unsafe", "1.0", "deadlocks with threads in the old code");

static s64 new_audit_write(struct file *f, const void *user_buf, u64 size)
{
	char line[AUDIT_LINE_SIZE] = { 0 };
	struct audit_user *user;

	if (copy_from_user(line, user_buf, MIN(size, AUDIT_LINE_SIZE - 1)))
		return -EFAULT;
	audit_lock(&audit_locks.totals);
	user = audit_user_of(current_process()->uid);
	if (user)
		user->lines++;
	thread_yield();
	audit_lock(&audit_locks.log);
	memcpy(audit_ring[audit_lines % AUDIT_LINES], line, AUDIT_LINE_SIZE);
	audit_lines++;
	audit_unlock(&audit_locks.log);
	audit_unlock(&audit_locks.totals);
	return (s64)size;
}

static s64 new_audit_read(struct file *f, void *user_buf, u64 size)
{
	char text[32 * (AUDIT_USERS + 1)];
	u64 length;

	audit_lock(&audit_locks.totals);
	audit_lock(&audit_locks.log);
	length = audit_describe(text, sizeof(text));
	audit_unlock(&audit_locks.log);
	audit_unlock(&audit_locks.totals);
	return device_read_text(f, user_buf, size, text, length);
}

LUCOS_REPLACE(audit_write, new_audit_write);
LUCOS_REPLACE(audit_read, new_audit_read);
