/*
 * The audit trail takes `log` before `totals`. A reader of the counts needs `totals` only, but waits behind every
 * writer for `log`. Here `totals` comes first, and readers take nothing else.
 *
 * Old and new code that hold one lock each and want the other's would wait for ever (lock-order-unsafe shows it). So
 * the new code has lock words of its own, and the transfer functions make each version see both locks taken while the
 * other version holds the first lock of its own order: then only one version is inside at a time, in whichever order
 * it takes its locks.
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

LUCOS_UPDATE("lock-order", "1.0", "the audit trail takes its locks in the other order");

#define FOREIGN 0xffffffffU	/* held by the other version */

static struct audit_locks new_locks;

static bool own(u32 word)
{
	return word && word != FOREIGN;
}

static void show(u32 *word, bool held)
{
	if (!own(*word))
		*word = held ? FOREIGN : 0;
}

static void to_new(const void *from, void *to)
{
	const struct audit_locks *old = from;
	struct audit_locks *new = to;

	show(&new->totals, own(old->log));
	show(&new->log, own(old->log));
}

static void to_old(const void *from, void *to)
{
	const struct audit_locks *new = from;
	struct audit_locks *old = to;

	show(&old->log, own(new->totals));
	show(&old->totals, own(new->totals));
}

LUCOS_TYPE_VARIABLE(audit_locks_type, audit_locks, new_locks, to_new, to_old);

static s64 new_audit_write(struct file *f, const void *user_buf, u64 size)
{
	char line[AUDIT_LINE_SIZE] = { 0 };
	struct audit_user *user;

	if (copy_from_user(line, user_buf, MIN(size, AUDIT_LINE_SIZE - 1)))
		return -EFAULT;
	audit_lock(&new_locks.totals);
	user = audit_user_of(current_process()->uid);
	if (user)
		user->lines++;
	thread_yield();		/* a long holder lets others run */
	audit_lock(&new_locks.log);
	memcpy(audit_ring[audit_lines % AUDIT_LINES], line, AUDIT_LINE_SIZE);
	audit_lines++;
	audit_unlock(&new_locks.log);
	audit_unlock(&new_locks.totals);
	return (s64)size;
}

static s64 new_audit_read(struct file *f, void *user_buf, u64 size)
{
	char text[32 * (AUDIT_USERS + 1)];
	u64 length;

	audit_lock(&new_locks.totals);
	length = audit_describe(text, sizeof(text));
	audit_unlock(&new_locks.totals);
	return device_read_text(f, user_buf, size, text, length);
}

LUCOS_REPLACE(audit_write, new_audit_write);
LUCOS_REPLACE(audit_read, new_audit_read);
