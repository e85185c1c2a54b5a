/*
 * The I/O counters wrap at 2^32 and all CPUs write the same words. Here each CPU has 64-bit counters of its own.
 *
 * Threads sleep in the old sys_read and sys_write, often for long, and count in the old counters when they come back.
 * So both versions live until the last of them has: what one adds is added to the other.
 */
#include <kernel/fs.h>
#include <kernel/iostat.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

/* counters-64-lazy and counters-64-forgets are the same but for these. */
#ifndef UPDATE_NAME
#define UPDATE_NAME "counters-64"
#define WHEN .transfer = LUCOS_TRANSFER_EACH_WRITE
#endif
#ifndef TO_OLD
#define TO_OLD(old, i, value) ((old)[i] = (value))
#endif

LUCOS_UPDATE(UPDATE_NAME, "1.0", "64-bit I/O counters for each CPU");

#define TRANSFER_MAX (1UL << 40)	/* as in fs/syscalls.c */
#define COUNTERS 4

/* In the order of struct io_counters. */
enum { READS, WRITES, READ_BYTES, WRITTEN_BYTES };

struct io_counters_64 {
	u64 cpu[MAX_CPUS][COUNTERS];
};

static struct io_counters_64 counters;

static u64 sum(const struct io_counters_64 *c, int counter)
{
	u64 total = 0;

	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		total += c->cpu[cpu][counter];
	return total;
}

/* What the old counters are ahead of the sum, modulo 2^32, was added by old code: CPU 0 gets it. */
static void to_new(const void *from, void *to)
{
	const u32 *old = from;
	struct io_counters_64 *new = to;

	for (int i = 0; i < COUNTERS; i++) {
		u32 ahead = old[i] - (u32)sum(new, i);

		if (ahead)
			new->cpu[0][i] += ahead;
	}
}

static void to_old(const void *from, void *to)
{
	u32 *old = to;

	for (int i = 0; i < COUNTERS; i++)
		TO_OLD(old, i, (u32)sum(from, i));
}

LUCOS_TYPE_VARIABLE(io_counters_type, io_counters, counters, to_new, to_old, WHEN);
LUCOS_PRESERVES(io_counters_type, struct io_counters, reads);
LUCOS_PRESERVES(io_counters_type, struct io_counters, writes);
LUCOS_PRESERVES(io_counters_type, struct io_counters, read_bytes);
LUCOS_PRESERVES(io_counters_type, struct io_counters, written_bytes);

/* One instruction each: a transfer may come between any two. */
static void add(int counter, u64 n)
{
	__atomic_add_fetch(&counters.cpu[this_cpu()->id][counter], n, __ATOMIC_RELAXED);
}

static void count(int calls, int bytes, s64 moved)
{
	if (moved <= 0)
		return;
	preempt_disable();
	add(calls, 1);
	add(bytes, (u64)moved);
	preempt_enable();
}

static struct file *file_of(int fd)
{
	return fd >= 0 && fd < MAX_FILES ? current_process()->fd_table[fd] : NULL;
}

static s64 counting_read(int fd, void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->read ? f->ops->read(f, buf, size) : -EINVAL;
	count(READS, READ_BYTES, n);
	return n;
}

static s64 counting_write(int fd, const void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->write ? f->ops->write(f, buf, size) : -EINVAL;
	count(WRITES, WRITTEN_BYTES, n);
	return n;
}

static s64 iostat_read_64(struct file *f, void *user_buf, u64 size)
{
	char text[160];
	int length = snprintf(text, sizeof(text), "reads=%lu writes=%lu read_bytes=%lu written_bytes=%lu\n", sum(&counters, READS),
		sum(&counters, WRITES), sum(&counters, READ_BYTES), sum(&counters, WRITTEN_BYTES));

	return device_read_text(f, user_buf, size, text, (u64)length);
}

LUCOS_REPLACE(sys_read, counting_read);
LUCOS_REPLACE(sys_write, counting_write);
LUCOS_REPLACE(iostat_read, iostat_read_64);
