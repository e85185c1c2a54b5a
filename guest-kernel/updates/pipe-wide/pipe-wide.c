/*
 * Pipes hold four times as much. The ring is part of struct pipe, so the data structure changes: every pipe gets a
 * new version with a larger ring, while readers and writers sleep in the old functions, for as long as they like.
 * Both versions say the same meanwhile, so new code puts no more into a pipe than the old ring holds; once the last
 * thread has left the old code, it may.
 *
 * Lock, wait queues and the flags of the ends stay those of the old version, by which old and new code meet.
 */
#include <kernel/inode.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/pipe.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

/* pipe-wide-fails and pipe-wide-forgets are the same but for these two. */
#ifndef UPDATE_NAME
#define UPDATE_NAME "pipe-wide"
#define TAIL_TO_OLD(new, old) ((void)((old)->tail = (new)->tail))
#endif

LUCOS_UPDATE(UPDATE_NAME, "1.0", "pipes hold four times as much");

#define WIDE_SIZE (4 * PIPE_SIZE)

struct wide_pipe {
	u64 head, tail;
	u64 promised;		/* what a writer, who holds the lock, may still put in */
	u8 ring[WIDE_SIZE];
};

/* Copies bytes head..tail of one ring to where another of another size has them. */
static void copy_ring(u8 *to, u64 to_size, const u8 *from, u64 from_size, u64 head, u64 tail)
{
	while (head != tail) {
		u64 n = MIN(MIN(tail - head, to_size - head % to_size), from_size - head % from_size);

		memcpy(to + head % to_size, from + head % from_size, n);
		head += n;
	}
}

static void to_new(const struct pipe *old, struct wide_pipe *new)
{
	copy_ring(new->ring, WIDE_SIZE, old->ring, PIPE_SIZE, old->head, old->tail);
	new->head = old->head;
	new->tail = old->tail;
}

static void to_old(const struct wide_pipe *new, struct pipe *old)
{
	copy_ring(old->ring, PIPE_SIZE, new->ring, WIDE_SIZE, new->head, new->tail);
	old->head = new->head;
	TAIL_TO_OLD(new, old);
}

/* A writer may stand in the middle of copying: what it was promised will be there too. */
static int fits(const struct wide_pipe *new)
{
	return new->tail - new->head + new->promised <= PIPE_SIZE;
}

LUCOS_TYPE_CACHE(pipes, "pipe", struct pipe, struct wide_pipe, to_new, to_old,
	.shared_head = offsetof(struct pipe, head), .representable = LUCOS_ADDRESS(fits));
LUCOS_PRESERVES(pipes, struct pipe, head);
LUCOS_PRESERVES(pipes, struct pipe, tail);

static struct wide_pipe *wide(struct pipe *p)
{
	return lucos_twin(struct wide_pipe, p);
}

static u64 used(const struct wide_pipe *w)
{
	return READ_ONCE(w->tail) - READ_ONCE(w->head);
}

/* What a pipe may hold: what its old version could say, as long as that counts. */
static u64 capacity(void)
{
	return lucos_retired(pipes) ? WIDE_SIZE : PIPE_SIZE;
}

static int copy_from_ring(struct wide_pipe *w, u8 *user_buf, u64 n)
{
	u64 at = w->head % WIDE_SIZE, first = MIN(n, WIDE_SIZE - at);

	if (copy_to_user(user_buf, w->ring + at, first) || copy_to_user(user_buf + first, w->ring, n - first))
		return -EFAULT;
	w->head += n;
	return 0;
}

static int copy_to_ring(struct wide_pipe *w, const u8 *user_buf, u64 n)
{
	u64 at = w->tail % WIDE_SIZE, first = MIN(n, WIDE_SIZE - at);

	if (copy_from_user(w->ring + at, user_buf, first) || copy_from_user(w->ring, user_buf + first, n - first))
		return -EFAULT;
	w->tail += n;
	return 0;
}

static s64 wide_read(struct file *f, void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	struct wide_pipe *w = wide(p);
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		n = (s64)MIN(size, used(w));
		if (n > 0 || !p->writable)
			break;
		mutex_unlock(&p->lock);
		err = wait_event_interruptible(&p->read_queue, used(w) > 0 || !READ_ONCE(p->writable));
		if (err)
			return err;
	}
	err = n > 0 ? copy_from_ring(w, user_buf, (u64)n) : 0;
	mutex_unlock(&p->lock);
	wake_up(&p->write_queue);
	return err ? err : n;
}

/* How many of `left` bytes may go in now: all or nothing up to PIPE_SIZE, what fits beyond. */
static u64 room_for(const struct wide_pipe *w, u64 left)
{
	u64 room = capacity() - MIN(used(w), capacity());

	return left <= PIPE_SIZE && left > room ? 0 : MIN(left, room);
}

/* With interrupts off, so that the update is undone before the pipe's capacity is looked at, or behind the promise. */
static u64 promise(struct wide_pipe *w, u64 left)
{
	u64 flags = irq_save(), n = room_for(w, left);

	w->promised = n;
	irq_restore(flags);
	return n;
}

static s64 wide_write(struct file *f, const void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	struct wide_pipe *w = wide(p);
	u64 done = 0;
	int err = 0;

	while (done < size && !err) {
		u64 want = size <= PIPE_SIZE ? size : size - done, n;

		err = wait_event_interruptible(&p->write_queue, room_for(w, want) > 0 || !READ_ONCE(p->readable));
		if (err)
			break;
		mutex_lock(&p->lock);
		n = promise(w, want);
		if (!p->readable)
			err = -EPIPE;
		else if (n > 0)
			err = copy_to_ring(w, (const u8 *)user_buf + done, n);
		w->promised = 0;
		mutex_unlock(&p->lock);
		if (err)
			break;
		done += n;
		wake_up(&p->read_queue);
	}
	if (done)
		return (s64)done;
	if (err == -EPIPE)
		process_kill(current_process()->pid, SIGPIPE);
	return err;
}

LUCOS_REPLACE_IN("pipe.c", pipe_read, wide_read);
LUCOS_REPLACE_IN("pipe.c", pipe_write, wide_write);

static void reader_left(int thread)
{
	printk(UPDATE_NAME ": thread %d has left the old pipe_read\n", thread);
}

static void readers_left(void)
{
	printk(UPDATE_NAME ": nobody is left in the old pipe_read\n");
}

static void all_wide(void)
{
	printk(UPDATE_NAME ": all pipes are wide\n");
}

LUCOS_ON_FUNCTION_LEFT(wide_read, reader_left);
LUCOS_ON_THREADS_LEFT(wide_read, readers_left);
LUCOS_ON_DATA_LEFT(pipes, all_wide);
