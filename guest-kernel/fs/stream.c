/*
 * Streams between two open files: who waits for what, and when a stream goes. Its buffers are stream_buffers.c's.
 */
#include <kernel/inode.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/stream.h>
#include <uapi/errno.h>

static struct kmem_cache *stream_cache;

void stream_init(void)
{
	stream_cache = kmem_cache_create("stream", sizeof(struct stream), NULL);
}

static s64 stream_read(struct file *f, void *user_buf, u64 size)
{
	struct stream *s = f->private;
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		mutex_lock(&s->lock);
		if (s->count || !s->writable)
			break;
		mutex_unlock(&s->lock);
		err = wait_event_interruptible(&s->read_queue, READ_ONCE(s->count) || !READ_ONCE(s->writable));
		if (err)
			return err;
	}
	n = stream_take(s, user_buf, size);
	mutex_unlock(&s->lock);
	wake_up(&s->write_queue);
	return n;
}

static s64 stream_broken(void)
{
	process_kill(current_process()->pid, SIGPIPE);
	return -EPIPE;
}

static s64 stream_write(struct file *f, const void *user_buf, u64 size)
{
	struct stream *s = f->private;
	u64 done = 0;
	s64 n = 0;

	while (done < size && n >= 0) {
		n = wait_event_interruptible(&s->write_queue, stream_has_room(s) || !READ_ONCE(s->readable));
		if (n < 0)
			break;
		mutex_lock(&s->lock);
		n = s->readable ? stream_put(s, (const u8 *)user_buf + done, size - done) : -EPIPE;
		mutex_unlock(&s->lock);
		if (n > 0) {
			done += (u64)n;
			wake_up(&s->read_queue);
		}
	}
	if (done)
		return (s64)done;
	return n == -EPIPE ? stream_broken() : n;
}

/* See pipe_close: the last to let go frees the stream, not the one that finds both ends closed. */
static void stream_close(struct stream *s, bool *end)
{
	mutex_lock(&s->lock);
	*end = false;
	mutex_unlock(&s->lock);
	wake_up(&s->read_queue);
	wake_up(&s->write_queue);
	if (__atomic_sub_fetch(&s->ends, 1, __ATOMIC_ACQ_REL) == 0) {
		stream_clear(s);
		kmem_cache_free(stream_cache, s);
	}
}

static void stream_release_reader(struct file *f)
{
	struct stream *s = f->private;

	if (s)
		stream_close(s, &s->readable);
}

static void stream_release_writer(struct file *f)
{
	struct stream *s = f->private;

	if (s)
		stream_close(s, &s->writable);
}

static const struct file_operations reader_operations = { .read = stream_read, .release = stream_release_reader };
static const struct file_operations writer_operations = { .write = stream_write, .release = stream_release_writer };

s64 stream_splice(struct file *from, struct file *to, u64 size)
{
	struct stream *s = to->private;
	u64 done = 0;
	s64 n = 0;

	if (from->ops != &regular_operations || to->ops != &writer_operations)
		return -EINVAL;
	while (done < size) {
		n = wait_event_interruptible(&s->write_queue, READ_ONCE(s->count) < STREAM_BUFFERS || !READ_ONCE(s->readable));
		if (n < 0)
			break;
		mutex_lock(&s->lock);
		if (s->readable && s->count == STREAM_BUFFERS) {
			mutex_unlock(&s->lock);
			continue;	/* another writer was faster */
		}
		n = s->readable ? stream_refer(s, from, size - done) : -EPIPE;
		mutex_unlock(&s->lock);
		if (n <= 0)
			break;
		done += (u64)n;
		wake_up(&s->read_queue);
	}
	if (done)
		return (s64)done;
	return n == -EPIPE ? stream_broken() : n;
}

int stream_create(struct file *ends[2])
{
	struct stream *s = kmem_cache_alloc(stream_cache);

	ends[0] = file_alloc(NULL, &reader_operations, O_RDONLY);
	ends[1] = file_alloc(NULL, &writer_operations, O_WRONLY);
	if (!s || !ends[0] || !ends[1]) {
		for (int i = 0; i < 2; i++)
			if (ends[i])
				file_put(ends[i]);
		if (s)
			kmem_cache_free(stream_cache, s);
		return -ENOMEM;
	}
	mutex_init(&s->lock, "stream");
	wait_init(&s->read_queue, "stream_read");
	wait_init(&s->write_queue, "stream_write");
	s->readable = s->writable = true;
	s->ends = 2;
	ends[0]->private = ends[1]->private = s;
	return 0;
}
