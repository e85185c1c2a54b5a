/* See kernel/audit.h. */
#include <kernel/audit.h>
#include <kernel/fs.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

struct audit_locks audit_locks;
char audit_ring[AUDIT_LINES][AUDIT_LINE_SIZE];
u64 audit_lines;
struct audit_user audit_users[AUDIT_USERS];

void audit_lock(u32 *lock)
{
	u32 free = 0;

	while (!__atomic_compare_exchange_n(lock, &free, (u32)current->tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		free = 0;
		thread_yield();
	}
}

/*
 * Who waits looks only when it has its turn. Without one here, while the lock is free, somebody who comes back soon could
 * have the lock for good; the turn that a holder gives comes with the lock held.
 */
void audit_unlock(u32 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	thread_yield();
}

struct audit_user *audit_user_of(u32 uid)
{
	for (int i = 0; i < AUDIT_USERS; i++) {
		struct audit_user *user = &audit_users[i];

		if (user->lines == 0)
			user->uid = uid;
		if (user->uid == uid)
			return user;
	}
	return NULL;
}

u64 audit_describe(char *text, u64 size)
{
	u64 length = (u64)snprintf(text, size, "lines=%lu\n", audit_lines);

	for (int i = 0; i < AUDIT_USERS && audit_users[i].lines; i++)
		length += (u64)snprintf(text + length, size - length, "uid %u: %u\n", audit_users[i].uid, audit_users[i].lines);
	return length;
}

/* The line is copied under the lock: a page of it that is not there yet makes the holder sleep. */
static s64 audit_write(struct file *f, const void *user_buf, u64 size)
{
	u64 n = MIN(size, AUDIT_LINE_SIZE - 1);
	s64 result = (s64)size;

	audit_lock(&audit_locks.log);
	char *line = audit_ring[audit_lines % AUDIT_LINES];

	memset(line, 0, AUDIT_LINE_SIZE);
	if (copy_from_user(line, user_buf, n)) {
		result = -EFAULT;
	} else {
		struct audit_user *user;

		thread_yield();		/* a long holder lets others run */
		audit_lock(&audit_locks.totals);
		user = audit_user_of(current_process()->uid);
		if (user)
			user->lines++;
		audit_lines++;
		audit_unlock(&audit_locks.totals);
	}
	audit_unlock(&audit_locks.log);
	return result;
}

static s64 audit_read(struct file *f, void *user_buf, u64 size)
{
	char text[32 * (AUDIT_USERS + 1)];
	u64 length;

	audit_lock(&audit_locks.log);
	audit_lock(&audit_locks.totals);
	length = audit_describe(text, sizeof(text));
	audit_unlock(&audit_locks.totals);
	audit_unlock(&audit_locks.log);
	return device_read_text(f, user_buf, size, text, length);
}

static const struct file_operations audit_operations = { .read = audit_read, .write = audit_write };

void audit_init(void)
{
	register_device("audit", 0666, &audit_operations);
}
