/*
 * Counts what goes through pipes, by replacing both functions that move bytes. Readers and writers sleep in the old
 * functions, often for long: this update drains until the last of them has moved on, and `lucosctl status` names them.
 *
 * Old and new code run side by side on one pipe meanwhile. They may: struct pipe and its locking are the same, and
 * the counters belong to the new code alone.
 */
#include <kernel/fs.h>
#include <kernel/percpu.h>
#include <kernel/pipe.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/types.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

LUCOS_UPDATE("pipe-stats", "1.0", "counts bytes and calls of pipe reads and writes");

static struct {
	u64 reads, writes, bytes_read, bytes_written;
} stats;

static void count(u64 *calls, u64 *bytes, u64 n)
{
	__atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(bytes, n, __ATOMIC_RELAXED);
}

static u64 used(const struct pipe *p)
{
	return READ_ONCE(p->tail) - READ_ONCE(p->head);
}

static u64 room(const struct pipe *p, u64 left)
{
	u64 room = PIPE_SIZE - used(p);

	return left <= PIPE_SIZE && left > room ? 0 : MIN(left, room);
}

/* The compiler has inlined these three into the replaced functions, so the kernel has none of that name to call. */
static int copy_from_ring(struct pipe *p, u8 *user_buf, u64 n)
{
	u64 at = p->head % PIPE_SIZE, first = MIN(n, PIPE_SIZE - at);

	if (copy_to_user(user_buf, p->ring + at, first) || copy_to_user(user_buf + first, p->ring, n - first))
		return -EFAULT;
	p->head += n;
	return 0;
}

static int copy_to_ring(struct pipe *p, const u8 *user_buf, u64 n)
{
	u64 at = p->tail % PIPE_SIZE, first = MIN(n, PIPE_SIZE - at);

	if (copy_from_user(p->ring + at, user_buf, first) || copy_from_user(p->ring, user_buf + first, n - first))
		return -EFAULT;
	p->tail += n;
	return 0;
}

static s64 pipe_broken(void)
{
	process_kill(current_process()->pid, SIGPIPE);
	return -EPIPE;
}

static s64 counting_read(struct file *f, void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		n = (s64)MIN(size, used(p));
		if (n > 0 || !p->writable)
			break;
		mutex_unlock(&p->lock);
		err = wait_event_interruptible(&p->read_queue, used(p) > 0 || !READ_ONCE(p->writable));
		if (err)
			return err;
	}
	err = n > 0 ? copy_from_ring(p, user_buf, (u64)n) : 0;
	mutex_unlock(&p->lock);
	wake_up(&p->write_queue);
	if (!err)
		count(&stats.reads, &stats.bytes_read, (u64)n);
	return err ? err : n;
}

static s64 counting_write(struct file *f, const void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	bool atomic = size <= PIPE_SIZE;
	u64 done = 0;
	int err = 0;

	while (done < size && !err) {
		u64 want = atomic ? size : size - done, n;

		err = wait_event_interruptible(&p->write_queue,
			(atomic ? room(p, want) : PIPE_SIZE - used(p)) > 0 || !READ_ONCE(p->readable));
		if (err)
			break;
		mutex_lock(&p->lock);
		n = atomic ? room(p, want) : MIN(want, PIPE_SIZE - used(p));
		if (!p->readable)
			err = -EPIPE;
		else if (n > 0)
			err = copy_to_ring(p, (const u8 *)user_buf + done, n);
		mutex_unlock(&p->lock);
		if (err)
			break;
		done += n;
		wake_up(&p->read_queue);
	}
	if (done) {
		count(&stats.writes, &stats.bytes_written, done);
		return (s64)done;
	}
	return err == -EPIPE ? pipe_broken() : err;
}

static void tell(void)
{
	printk("pipe-stats: %lu reads of %lu bytes, %lu writes of %lu bytes\n", stats.reads, stats.bytes_read,
		stats.writes, stats.bytes_written);
}

LUCOS_REPLACE(pipe_read, counting_read);
LUCOS_REPLACE(pipe_write, counting_write);
LUCOS_CLEANUP(tell);
