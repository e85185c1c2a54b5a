/*
 * struct file grows: how much went through it, in how many calls, and since when. The files that are closed are
 * summed up; undoing prints it.
 *
 * Here the new version is a whole struct file with the new fields behind (a twin); file-rate-shadow does the same
 * with the new fields alone. The rest of the kernel goes on using the old struct, which stays as the handle. So the
 * new code writes the new fields only, and to_old has nothing to carry back; and it reads the old fields from the
 * handle, since nobody carries over what is written there once the old code has been left.
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

LUCOS_UPDATE("file-rate", "1.0", "each open file knows its rate");

#define TRANSFER_MAX (1UL << 40)	/* as in fs/syscalls.c */

struct rated_file {
	struct file base;
	u64 since_ns;			/* of its first call; 0: none yet */
	u64 calls, bytes;
};

static void to_new(const void *from, void *to)
{
	((struct rated_file *)to)->base = *(const struct file *)from;
}

static void to_old(const void *from, void *to)
{
}

static u64 closed_files, closed_calls, closed_bytes;

static void release(void *version)
{
	const struct rated_file *f = version;

	if (!f->calls)
		return;
	__atomic_add_fetch(&closed_files, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&closed_calls, f->calls, __ATOMIC_RELAXED);
	__atomic_add_fetch(&closed_bytes, f->bytes, __ATOMIC_RELAXED);
}

LUCOS_TYPE_CACHE(file_type, "file", struct file, struct rated_file, to_new, to_old,
	.release = LUCOS_ADDRESS(release));
LUCOS_PRESERVES(file_type, struct file, refs);
LUCOS_PRESERVES(file_type, struct file, offset);

static void rate(struct file *file, s64 moved)
{
	struct rated_file *f = lucos_twin(struct rated_file, file);
	u64 none = 0;

	if (moved <= 0)
		return;
	__atomic_compare_exchange_n(&f->since_ns, &none, time_ns(), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	__atomic_add_fetch(&f->calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&f->bytes, (u64)moved, __ATOMIC_RELAXED);
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
	rate(f, n);
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
	rate(f, n);
	return n;
}

static void tell(void)
{
	printk("file-rate: %lu files closed, %lu bytes in %lu calls\n", closed_files, closed_bytes, closed_calls);
}

LUCOS_REPLACE(sys_read, rated_read);
LUCOS_REPLACE(sys_write, rated_write);
LUCOS_CLEANUP(tell);
