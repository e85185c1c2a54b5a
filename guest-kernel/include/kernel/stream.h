/*
 * Streams: up to STREAM_BUFFERS page buffers between two open files. Written bytes lie in pages of the stream; spliced
 * ones stay in the file's own pages, of which the stream holds references.
 *
 * stream.lock guards the buffers and is held while copying to and from user memory, but never while waiting. Inside it only
 * fs_lock is taken.
 */
#ifndef KERNEL_STREAM_H
#define KERNEL_STREAM_H

#include <kernel/fs.h>
#include <kernel/mutex.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <uapi/fs.h>

#define STREAM_MERGE 1	/* the next write may go on behind the buffer's bytes, in its page */

struct stream_buffer {
	u8 *page;		/* one reference; NULL: the buffer is free */
	u32 offset, length;	/* the bytes that are still to be read, in page */
	u32 flags;		/* STREAM_* */
	bool spliced;		/* page is a file's */
};

struct stream {
	struct mutex lock;
	struct wait_queue read_queue;	/* sleepers wait for bytes, or for the last writer to leave */
	struct wait_queue write_queue;	/* sleepers wait for room, or for the last reader to leave */
	bool readable, writable;	/* the file of that end is open */
	u32 ends;			/* open ends whose release has not let go of the stream yet */
	u32 first, count;		/* buffers in use: count of them, from first on, around the end */
	u8 *spare;			/* a page that was read to its end, for the next write */
	struct stream_buffer buffers[STREAM_BUFFERS];
};

void stream_init(void);
int stream_create(struct file *ends[2]);
/*
 * Refers up to size bytes, from `from`'s position on, into the stream that `to` writes to. Sleeps while it is full; bytes, or
 * -errno.
 */
s64 stream_splice(struct file *from, struct file *to, u64 size);

/* What is done to the buffers alone, under lock. */
static inline struct stream_buffer *stream_buffer(struct stream *s, u32 index)
{
	return &s->buffers[(s->first + index) % STREAM_BUFFERS];
}

/* May be asked without lock, and then asked again with it. */
bool stream_has_room(struct stream *s);
/* Copies up to n bytes to the user from the front; what was copied, or -EFAULT where nothing was. */
s64 stream_take(struct stream *s, u8 *user_buf, u64 n);
/* Copies up to n bytes from the user to the end; what was copied (0: no room), or -EFAULT or -ENOMEM where nothing was. */
s64 stream_put(struct stream *s, const u8 *user_buf, u64 n);
/* What of a file lies on the page of its position, up to n bytes, into a free buffer. Bytes, 0 at its end, or -errno. */
s64 stream_refer(struct stream *s, struct file *from, u64 n);
/* Lets go of all pages. */
void stream_clear(struct stream *s);

#endif
