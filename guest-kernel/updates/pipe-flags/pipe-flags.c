/*
 * The fix of the splice flaw (fs/stream_buffers.c) with the state that it has left behind. Splice sets flags from now on; and every
 * stream gets a new version in which no buffer of a file's page says STREAM_MERGE, nor does a free one: those that exist are
 * repaired too.
 *
 * The layout stays, the meaning of a flag changes: what the old version says of merging is believed of the stream's own pages only.
 * Locks, queues and ends are in the shared head, by which old and new code meet. Buffers are changed under the lock only, so
 * they are carried over when it is released; what old code is given back has no stale flags either, so that old
 * code which sleeps in a stream does no harm when it wakes up.
 */
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <lucos_update.h>
#include <uapi/errno.h>
#include "../pipe-flags-code/clean-refer.h"

LUCOS_UPDATE("pipe-flags", "1.0", "splice sets the flags of the buffer it fills, and those of live buffers are repaired");

#define HEAD offsetof(struct stream, first)

/* Statics of fs/stream.c. */
extern struct kmem_cache *stream_cache;
LUCOS_STATIC_REF(const struct file_operations, writer_operations, "stream.c");

static void carry(const struct stream *from, struct stream *to)
{
	memcpy((u8 *)to + HEAD, (const u8 *)from + HEAD, sizeof(*to) - HEAD);
	for (u32 i = 0; i < STREAM_BUFFERS; i++)
		if (to->buffers[i].spliced || !to->buffers[i].page)
			to->buffers[i].flags &= ~STREAM_MERGE;
}

static void to_new(const struct stream *old, struct stream *new)
{
	carry(old, new);
}

static void to_old(const struct stream *new, struct stream *old)
{
	carry(new, old);
}

LUCOS_TYPE_CACHE(stream_type, "stream", struct stream, struct stream, to_new, to_old,
	.transfer = LUCOS_TRANSFER_ON_UNLOCK,
	.interception = LUCOS_INTERCEPTION_EMULATE,
	.shared_head = HEAD,
	LUCOS_LOCK_FIELD(struct stream, lock.owner));
LUCOS_PRESERVES(stream_type, struct stream, first);
LUCOS_PRESERVES(stream_type, struct stream, count);
LUCOS_PRESERVES(stream_type, struct stream, spare);

/* Where the buffers are; locks and queues stay s's. */
static struct stream *new_version(struct stream *s)
{
	return lucos_twin(struct stream, s);
}

static s64 new_read(struct file *f, void *user_buf, u64 size)
{
	struct stream *s = f->private, *new = new_version(s);
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		mutex_lock(&s->lock);
		if (new->count || !s->writable)
			break;
		mutex_unlock(&s->lock);
		err = wait_event_interruptible(&s->read_queue, READ_ONCE(new->count) || !READ_ONCE(s->writable));
		if (err)
			return err;
	}
	n = stream_take(new, user_buf, size);
	mutex_unlock(&s->lock);
	wake_up(&s->write_queue);
	return n;
}

static s64 broken(void)
{
	process_kill(current_process()->pid, SIGPIPE);
	return -EPIPE;
}

static s64 new_write(struct file *f, const void *user_buf, u64 size)
{
	struct stream *s = f->private, *new = new_version(s);
	u64 done = 0;
	s64 n = 0;

	while (done < size && n >= 0) {
		n = wait_event_interruptible(&s->write_queue, stream_has_room(new) || !READ_ONCE(s->readable));
		if (n < 0)
			break;
		mutex_lock(&s->lock);
		n = s->readable ? stream_put(new, (const u8 *)user_buf + done, size - done) : -EPIPE;
		mutex_unlock(&s->lock);
		if (n > 0) {
			done += (u64)n;
			wake_up(&s->read_queue);
		}
	}
	if (done)
		return (s64)done;
	return n == -EPIPE ? broken() : n;
}

static s64 new_splice(struct file *from, struct file *to, u64 size)
{
	struct stream *s = to->private, *new;
	u64 done = 0;
	s64 n = 0;

	if (from->ops != &regular_operations || to->ops != &writer_operations)
		return -EINVAL;
	new = new_version(s);
	while (done < size) {
		n = wait_event_interruptible(&s->write_queue, READ_ONCE(new->count) < STREAM_BUFFERS || !READ_ONCE(s->readable));
		if (n < 0)
			break;
		mutex_lock(&s->lock);
		if (s->readable && new->count == STREAM_BUFFERS) {
			mutex_unlock(&s->lock);
			continue;
		}
		n = s->readable ? clean_refer(new, from, size - done) : -EPIPE;
		mutex_unlock(&s->lock);
		if (n <= 0)
			break;
		done += (u64)n;
		wake_up(&s->read_queue);
	}
	if (done)
		return (s64)done;
	return n == -EPIPE ? broken() : n;
}

static void new_close(struct stream *s, bool *end)
{
	mutex_lock(&s->lock);
	*end = false;
	mutex_unlock(&s->lock);
	wake_up(&s->read_queue);
	wake_up(&s->write_queue);
	if (__atomic_sub_fetch(&s->ends, 1, __ATOMIC_ACQ_REL) == 0) {
		stream_clear(new_version(s));
		kmem_cache_free(stream_cache, s);
	}
}

LUCOS_REPLACE(stream_read, new_read);
LUCOS_REPLACE(stream_write, new_write);
LUCOS_REPLACE(stream_splice, new_splice);
LUCOS_REPLACE(stream_close, new_close);
