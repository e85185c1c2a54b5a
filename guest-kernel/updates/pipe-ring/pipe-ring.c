/*
 * Pipes hold one page. Here they hold a ring of page buffers, as Linux's do since 2.6.11: 16 pages, allocated when
 * they are written to.
 *
 * Thousands of pipes may exist, and threads sleep in the middle of pipe_read and pipe_write on any of them. The old
 * struct pipe stays as the handle: its lock, its queues and the flags of its ends are what both versions use (the
 * shared head), and sleepers of both versions wait in the same queues. What changes is where the bytes are: that is
 * the new version, which hangs on the handle. Bytes are moved from one version to the other when the pipe's lock is
 * released, so never half of a write.
 *
 * While old code may run, the new code puts no more into a pipe than the old ring holds.
 */
#include <kernel/fs.h>
#include <kernel/mutex.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/pipe.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <kernel/types.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

LUCOS_UPDATE("pipe-ring", "1.0", "pipes become rings of page buffers");

#define BUFFERS 16

struct buffer {
	u8 *page;		/* NULL: none yet; kept when it is empty */
	u32 offset, length;	/* what is in it */
};

struct pipe_ring {
	u32 first;		/* buffer that is read next, unless carried bytes are left */
	u32 count;		/* buffers with bytes in them, from there on */
	u32 carried_offset, carried_length;
	u64 bytes;		/* in all */
	u64 promised;		/* what a writer, who holds the lock, may still put in */
	struct buffer buffers[BUFFERS];
	u8 carried[PIPE_SIZE];	/* what came over from the old version; read before the buffers */
};

static void copy(u8 *to, const u8 *from, u64 n)
{
	memcpy(to, from, n);
}

/* The old ring's bytes, all of them: they replace what the new version held. Its pages stay for later. */
static void to_new(const void *from, void *to)
{
	const struct pipe *old = from;
	struct pipe_ring *new = to;
	u64 n = old->tail - old->head, at = old->head % PIPE_SIZE, first = MIN(n, PIPE_SIZE - at);

	copy(new->carried, old->ring + at, first);
	copy(new->carried + first, old->ring, n - first);
	new->carried_offset = 0;
	new->carried_length = (u32)n;
	new->first = new->count = 0;
	for (u32 i = 0; i < BUFFERS; i++)
		new->buffers[i].length = new->buffers[i].offset = 0;
	new->bytes = n;
}

static u64 append(struct pipe *old, u64 tail, const u8 *from, u64 n)
{
	u64 at = tail % PIPE_SIZE, first = MIN(n, PIPE_SIZE - at);

	copy(old->ring + at, from, first);
	copy(old->ring, from + first, n - first);
	return tail + n;
}

static void to_old(const void *from, void *to)
{
	const struct pipe_ring *new = from;
	struct pipe *old = to;
	u64 tail = append(old, old->head, new->carried + new->carried_offset, new->carried_length);

	for (u32 i = 0; i < new->count; i++) {
		const struct buffer *b = &new->buffers[(new->first + i) % BUFFERS];

		tail = append(old, tail, b->page + b->offset, b->length);
	}
	old->tail = tail;
}

/* A writer may stand in the middle of put(): what it was promised will be there too. */
static int representable(const void *version)
{
	const struct pipe_ring *p = version;

	return p->bytes + p->promised <= PIPE_SIZE;
}

static void release(void *version)
{
	struct pipe_ring *p = version;

	for (u32 i = 0; i < BUFFERS; i++)
		if (p->buffers[i].page)
			pages_free(p->buffers[i].page);
}

LUCOS_TYPE_CACHE(pipe_type, "pipe", struct pipe, struct pipe_ring, to_new, to_old,
	.transfer = LUCOS_TRANSFER_ON_UNLOCK,
	.interception = LUCOS_INTERCEPTION_EMULATE,
	.shared_head = offsetof(struct pipe, head),
	LUCOS_LOCK_FIELD(struct pipe, lock.owner),
	.representable = LUCOS_ADDRESS(representable),
	.release = LUCOS_ADDRESS(release));

static struct pipe_ring *ring_of(const struct pipe *p)
{
	return lucos_twin(struct pipe_ring, p);
}

static u64 capacity(void)
{
	return lucos_retired(pipe_type) ? BUFFERS * PAGE_SIZE : PIPE_SIZE;
}

static u64 used(const struct pipe *p)
{
	return READ_ONCE(ring_of(p)->bytes);
}

/* Copies up to n bytes to the user from the front; what was copied, or -EFAULT where nothing was. */
static s64 take(struct pipe_ring *r, u8 *user_buf, u64 n)
{
	u64 done = 0;

	while (done < n) {
		struct buffer *b = &r->buffers[r->first];
		bool carried = r->carried_length > 0;
		const u8 *from = carried ? r->carried + r->carried_offset : b->page + b->offset;
		u32 piece = (u32)MIN(n - done, (u64)(carried ? r->carried_length : b->length));

		if (copy_to_user(user_buf + done, from, piece))
			return done ? (s64)done : -EFAULT;
		done += piece;
		r->bytes -= piece;
		if (carried) {
			r->carried_offset += piece;
			r->carried_length -= piece;
			continue;
		}
		b->offset += piece;
		b->length -= piece;
		if (b->length == 0) {
			b->offset = 0;
			r->first = (r->first + 1) % BUFFERS;
			r->count--;
		}
	}
	return (s64)done;
}

/* The buffer that takes the next bytes: the last one if it has room, else a fresh one. NULL: no room, or no memory. */
static struct buffer *open_buffer(struct pipe_ring *r)
{
	struct buffer *b = &r->buffers[(r->first + r->count - 1) % BUFFERS];

	if (r->count && b->offset + b->length < PAGE_SIZE)
		return b;
	if (r->count == BUFFERS)
		return NULL;
	b = &r->buffers[(r->first + r->count) % BUFFERS];
	if (!b->page)
		b->page = pages_alloc(1);
	if (!b->page)
		return NULL;
	b->offset = b->length = 0;
	r->count++;
	return b;
}

/* Copies up to n bytes from the user to the end; what was copied, or -EFAULT or -ENOMEM where nothing was. */
static s64 put(struct pipe_ring *r, const u8 *user_buf, u64 n)
{
	u64 done = 0;

	while (done < n) {
		struct buffer *b = open_buffer(r);
		u64 end, piece;

		if (!b)
			return done ? (s64)done : -ENOMEM;
		end = b->offset + b->length;
		piece = MIN(n - done, PAGE_SIZE - end);
		if (copy_from_user(b->page + end, user_buf + done, piece)) {
			if (b->length == 0)
				r->count--;
			return done ? (s64)done : -EFAULT;
		}
		b->length += (u32)piece;
		r->bytes += piece;
		done += piece;
	}
	return (s64)done;
}

static s64 ring_read(struct file *f, void *user_buf, u64 size)
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
	if (n > 0)
		n = take(ring_of(p), user_buf, (u64)n);
	mutex_unlock(&p->lock);
	wake_up(&p->write_queue);
	return n;
}

/* Writes of up to PIPE_SIZE bytes go in whole, as before. */
static u64 room(const struct pipe *p, u64 left)
{
	u64 bytes = used(p), limit = capacity(), room = bytes < limit ? limit - bytes : 0;

	/* A buffer that was half read wastes what lies before its bytes: at most a page, so one less is promised. */
	if (limit > PIPE_SIZE && room > PAGE_SIZE)
		room -= PAGE_SIZE;
	return left <= PIPE_SIZE && left > room ? 0 : MIN(left, room);
}

/* With interrupts off, so that the update is undone before the pipe's capacity is looked at, or behind the promise. */
static u64 promise(const struct pipe *p, u64 left)
{
	u64 flags = irq_save(), n = room(p, left);

	ring_of(p)->promised = n;
	irq_restore(flags);
	return n;
}

static s64 broken(void)
{
	process_kill(current_process()->pid, SIGPIPE);
	return -EPIPE;
}

static s64 ring_write(struct file *f, const void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	bool atomic = size <= PIPE_SIZE;
	u64 done = 0;
	s64 err = 0;

	while (done < size && !err) {
		u64 want = atomic ? size : size - done;
		s64 n;

		err = wait_event_interruptible(&p->write_queue, room(p, want) > 0 || !READ_ONCE(p->readable));
		if (err)
			break;
		mutex_lock(&p->lock);
		n = (s64)promise(p, want);
		if (!p->readable)
			err = -EPIPE;
		else if (n > 0)
			n = put(ring_of(p), (const u8 *)user_buf + done, (u64)n);
		ring_of(p)->promised = 0;
		mutex_unlock(&p->lock);
		if (n < 0)
			err = n;
		if (err)
			break;
		done += (u64)n;
		wake_up(&p->read_queue);
	}
	if (done)
		return (s64)done;
	return err == -EPIPE ? broken() : err;
}

LUCOS_REPLACE(pipe_read, ring_read);
LUCOS_REPLACE(pipe_write, ring_write);
