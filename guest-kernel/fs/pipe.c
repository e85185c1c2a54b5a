/*
 * Pipes: a ring of PIPE_SIZE bytes between two open files.
 *
 * pipe.lock guards the ring and is held while copying to and from user memory, but never while waiting: a waiter's condition
 * is looked at without it, and looked at again with it. A write of up to PIPE_SIZE bytes goes in whole, so the requests of several
 * writers don't mix.
 */
#include <kernel/inode.h>
#include <kernel/percpu.h>
#include <kernel/pipe.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <uapi/errno.h>

static struct kmem_cache *pipe_cache;

void pipe_init(void)
{
	pipe_cache = kmem_cache_create("pipe", sizeof(struct pipe), NULL);
}

static u64 pipe_used(const struct pipe *p)
{
	return READ_ONCE(p->tail) - READ_ONCE(p->head);
}

/* Copies n bytes out of the ring; they fit and are there. */
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

static s64 pipe_read(struct file *f, void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	s64 n;
	int err;

	if (size == 0)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		n = (s64)MIN(size, pipe_used(p));
		if (n > 0 || !p->writable)
			break;
		mutex_unlock(&p->lock);
		err = wait_event_interruptible(&p->read_queue, pipe_used(p) > 0 || !READ_ONCE(p->writable));
		if (err)
			return err;
	}
	err = n > 0 ? copy_from_ring(p, user_buf, (u64)n) : 0;
	mutex_unlock(&p->lock);
	wake_up(&p->write_queue);
	return err ? err : n;
}

/* How many of `left` bytes may go in now: all or nothing up to PIPE_SIZE, what fits beyond. */
static u64 pipe_room(const struct pipe *p, u64 left)
{
	u64 room = PIPE_SIZE - pipe_used(p);

	return left <= PIPE_SIZE && left > room ? 0 : MIN(left, room);
}

static s64 pipe_broken(void)
{
	process_kill(current_process()->pid, SIGPIPE);
	return -EPIPE;
}

static s64 pipe_write(struct file *f, const void *user_buf, u64 size)
{
	struct pipe *p = f->private;
	bool atomic = size <= PIPE_SIZE;
	u64 done = 0;
	int err = 0;

	while (done < size && !err) {
		u64 want = atomic ? size : size - done, n;

		err = wait_event_interruptible(&p->write_queue,
			(atomic ? pipe_room(p, want) : PIPE_SIZE - pipe_used(p)) > 0 || !READ_ONCE(p->readable));
		if (err)
			break;
		mutex_lock(&p->lock);
		n = atomic ? pipe_room(p, want) : MIN(want, PIPE_SIZE - pipe_used(p));
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
	if (done)
		return (s64)done;
	return err == -EPIPE ? pipe_broken() : err;
}

/*
 * The other end learns that this one is gone. The last to let go frees the pipe: not the one that finds both ends closed, since
 * the other may still be on its way out of mutex_unlock or wake_up.
 */
static void pipe_close(struct pipe *p, bool *end)
{
	mutex_lock(&p->lock);
	*end = false;
	mutex_unlock(&p->lock);
	wake_up(&p->read_queue);
	wake_up(&p->write_queue);
	if (__atomic_sub_fetch(&p->ends, 1, __ATOMIC_ACQ_REL) == 0)
		kmem_cache_free(pipe_cache, p);
}

static void pipe_release_reader(struct file *f)
{
	struct pipe *p = f->private;

	pipe_close(p, &p->readable);
}

static void pipe_release_writer(struct file *f)
{
	struct pipe *p = f->private;

	pipe_close(p, &p->writable);
}

static const struct file_operations reader_operations = { .read = pipe_read, .release = pipe_release_reader };
static const struct file_operations writer_operations = { .write = pipe_write, .release = pipe_release_writer };

int pipe_create(struct file *ends[2])
{
	struct pipe *p = kmem_cache_alloc(pipe_cache);

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock, "pipe");
	wait_init(&p->read_queue, "pipe_read");
	wait_init(&p->write_queue, "pipe_write");
	ends[0] = file_alloc(NULL, &reader_operations, O_RDONLY);
	ends[1] = ends[0] ? file_alloc(NULL, &writer_operations, O_WRONLY) : NULL;
	if (!ends[1]) {
		p->ends = 1;
		if (ends[0]) {
			ends[0]->private = p;
			file_put(ends[0]);	/* frees the pipe too */
		} else {
			kmem_cache_free(pipe_cache, p);
		}
		return -ENOMEM;
	}
	p->readable = p->writable = true;
	p->ends = 2;
	ends[0]->private = ends[1]->private = p;
	return 0;
}
