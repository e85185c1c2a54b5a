/* stream_refer with the buffer's flags set, as for any other field. */
#include <kernel/inode.h>
#include <kernel/page.h>
#include <kernel/stream.h>

static s64 clean_refer(struct stream *s, struct file *from, u64 n)
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
		b->flags = 0;
		b->spliced = true;
		s->count++;
		from->offset += (u64)result;
	}
	mutex_unlock(&fs_lock);
	return result;
}
