/*
 * sys_read and sys_write that count what goes through each open file, and the sum of the files that were closed. How the
 * counts hang on a file is the update's business: it defines UPDATE_NAME before it includes this, rate_of(), and a type whose
 * release is release_rate().
 */
#include <kernel/fs.h>
#include <kernel/iostat.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

LUCOS_UPDATE(UPDATE_NAME, "1.0", "each open file knows its rate");

#define TRANSFER_MAX (1UL << 40)	/* as in fs/syscalls.c */

struct rate {
	u64 since_ns;			/* of its first call; 0: none yet */
	u64 calls, bytes;
};

/* NULL: the file has none. */
static struct rate *rate_of(struct file *file);

static u64 closed_files, closed_calls, closed_bytes;

static void release_rate(const struct rate *r)
{
	if (!r->calls)
		return;
	__atomic_add_fetch(&closed_files, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&closed_calls, r->calls, __ATOMIC_RELAXED);
	__atomic_add_fetch(&closed_bytes, r->bytes, __ATOMIC_RELAXED);
}

static void count(struct file *file, s64 moved)
{
	struct rate *r = moved > 0 ? rate_of(file) : NULL;
	u64 none = 0;

	if (!r)
		return;
	__atomic_compare_exchange_n(&r->since_ns, &none, time_ns(), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	__atomic_add_fetch(&r->calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&r->bytes, (u64)moved, __ATOMIC_RELAXED);
}

static struct file *file_of(int fd)
{
	return fd >= 0 && fd < MAX_FILES ? current_process()->fd_table[fd] : NULL;
}

static s64 rated_read(int fd, void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->read ? f->ops->read(f, buf, size) : -EINVAL;
	io_count(&io_counters.reads, &io_counters.read_bytes, n);
	count(f, n);
	return n;
}

static s64 rated_write(int fd, const void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->write ? f->ops->write(f, buf, size) : -EINVAL;
	io_count(&io_counters.writes, &io_counters.written_bytes, n);
	count(f, n);
	return n;
}

static void tell(void)
{
	printk(UPDATE_NAME ": %lu files closed, %lu bytes in %lu calls\n", closed_files, closed_bytes, closed_calls);
}

LUCOS_REPLACE(sys_read, rated_read);
LUCOS_REPLACE(sys_write, rated_write);
LUCOS_CLEANUP(tell);
