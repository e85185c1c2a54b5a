/*
 * The page buffers of streams (kernel/stream.h), with a flaw left in on purpose.
 *
 * stream_refer fills a buffer but for its flags, which stay those of the buffer's last use: the mistake of CVE-2022-0847
 * ("Dirty Pipe", found by Max Kellermann: since Linux 4.9 copy_page_to_iter_pipe and push_pipe left pipe_buffer.flags as they were,
 * and since 5.8 one of them was PIPE_BUF_FLAG_CAN_MERGE). Where a written buffer has left STREAM_MERGE, the next write goes
 * into the page of a file that the caller may only read. user/programs/splice-exploit does it; the update pipe-flags-code
 * repairs the function, pipe-flags the buffers too.
 */
#include <kernel/inode.h>
#include <kernel/page.h>
#include <kernel/stream.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

/* The buffer that a write may go on in; NULL: it needs a free one. */
static struct stream_buffer *open_buffer(struct stream *s)
{
	u32 count = READ_ONCE(s->count);
	struct stream_buffer *last = stream_buffer(s, count - 1);

	return count && (last->flags & STREAM_MERGE) && last->offset + last->length < PAGE_SIZE ? last : NULL;
}

bool stream_has_room(struct stream *s)
{
	return READ_ONCE(s->count) < STREAM_BUFFERS || open_buffer(s);
}

static void let_go(struct stream *s, struct stream_buffer *b)
{
	if (b->spliced || s->spare)
		page_put(virt_to_phys(b->page));
	else
		s->spare = b->page;
	b->page = NULL;
}

static void drop_first(struct stream *s)
{
	let_go(s, stream_buffer(s, 0));
	s->first = (s->first + 1) % STREAM_BUFFERS;
	s->count--;
}

s64 stream_take(struct stream *s, u8 *user_buf, u64 n)
{
	u64 done = 0;

	while (done < n && s->count) {
		struct stream_buffer *b = stream_buffer(s, 0);
		u32 piece = (u32)MIN(n - done, (u64)b->length);

		if (copy_to_user(user_buf + done, b->page + b->offset, piece))
			return done ? (s64)done : -EFAULT;
		done += piece;
		b->offset += piece;
		b->length -= piece;
		if (b->length == 0)
			drop_first(s);
	}
	return (s64)done;
}

static s64 append(struct stream_buffer *b, const u8 *user_buf, u64 n)
{
	u32 end = b->offset + b->length;

	n = MIN(n, PAGE_SIZE - end);
	if (copy_from_user(b->page + end, user_buf, n))
		return -EFAULT;
	b->length += (u32)n;
	return (s64)n;
}

/* In a free buffer, with a page of the stream's own. */
static s64 begin_buffer(struct stream *s, const u8 *user_buf, u64 n)
{
	struct stream_buffer *b = stream_buffer(s, s->count);
	s64 done;

	if (s->count == STREAM_BUFFERS)
		return 0;
	b->page = s->spare ?: page_alloc();
	s->spare = NULL;
	if (!b->page)
		return -ENOMEM;
	b->offset = b->length = 0;
	b->flags = STREAM_MERGE;
	b->spliced = false;
	done = append(b, user_buf, n);
	if (done > 0)
		s->count++;
	else
		let_go(s, b);
	return done;
}

s64 stream_put(struct stream *s, const u8 *user_buf, u64 n)
{
	u64 done = 0;

	while (done < n) {
		struct stream_buffer *open = open_buffer(s);
		s64 piece = open ? append(open, user_buf + done, n - done) : begin_buffer(s, user_buf + done, n - done);

		if (piece <= 0)
			return done ? (s64)done : piece;
		done += (u64)piece;
	}
	return (s64)done;
}

void stream_clear(struct stream *s)
{
	while (s->count)
		drop_first(s);
	if (s->spare)
		page_free(s->spare);
	s->spare = NULL;
}

s64 stream_refer(struct stream *s, struct file *from, u64 n)
{
	struct stream_buffer *b = stream_buffer(s, s->count);
	s64 result;
	u8 *page;

	mutex_lock(&fs_lock);
	result = regular_get_page(from->inode, from->offset, n, &page);
	if (result > 0) {
		b->page = page;
		b->offset = from->offset % PAGE_SIZE;
		b->length = (u32)result;
		b->spliced = true;
		s->count++;
		from->offset += (u64)result;
	}
	mutex_unlock(&fs_lock);
	return result;
}
