/*
 * Regular files: an array of pages in memory. Pages never written are holes and read as zeros.
 */
#include <kernel/inode.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static const char zeros[512];

/* Makes room for `slots` page pointers, doubling so that appending stays cheap. */
static int grow_slots(struct inode *inode, u64 slots)
{
	u64 want = MAX(8UL, inode->page_slots);
	void **pages;

	if (slots <= inode->page_slots)
		return 0;
	while (want < slots)
		want *= 2;
	pages = kmalloc(want * sizeof(void *));
	if (!pages)
		return -ENOMEM;
	memset(pages, 0, want * sizeof(void *));
	if (inode->pages)
		memcpy(pages, inode->pages, inode->page_slots * sizeof(void *));
	kfree(inode->pages);
	inode->pages = pages;
	inode->page_slots = want;
	return 0;
}

/* Where `offset` lies, for writing; *n is cut to what fits on that page. */
static char *place_to_write(struct inode *inode, u64 offset, u64 *n)
{
	u64 slot = offset / PAGE_SIZE;

	*n = MIN(*n, PAGE_SIZE - offset % PAGE_SIZE);
	/* Files may not take the last memory: somebody must be able to run rm. */
	if (page_free_count < page_total / 8 || grow_slots(inode, slot + 1))
		return NULL;
	if (!inode->pages[slot])
		inode->pages[slot] = page_alloc();
	return inode->pages[slot] ? (char *)inode->pages[slot] + offset % PAGE_SIZE : NULL;
}

/* The same for reading; a hole gives zeros. */
static const char *place_to_read(struct inode *inode, u64 offset, u64 *n)
{
	u64 slot = offset / PAGE_SIZE;

	*n = MIN(*n, PAGE_SIZE - offset % PAGE_SIZE);
	if (slot < inode->page_slots && inode->pages[slot])
		return (char *)inode->pages[slot] + offset % PAGE_SIZE;
	*n = MIN(*n, sizeof(zeros));
	return zeros;
}

static int copy_out(void *to, const void *from, u64 n, bool user)
{
	if (user)
		return copy_to_user(to, from, n);
	memcpy(to, from, n);
	return 0;
}

static int copy_in(void *to, const void *from, u64 n, bool user)
{
	if (user)
		return copy_from_user(to, from, n);
	memcpy(to, from, n);
	return 0;
}

static s64 read_at(struct inode *inode, char *to, u64 offset, u64 size, bool user)
{
	u64 done = 0;

	if (offset >= inode->size)
		return 0;
	size = MIN(size, inode->size - offset);
	while (done < size) {
		u64 n = size - done;
		const char *from = place_to_read(inode, offset + done, &n);

		if (copy_out(to + done, from, n, user))
			return done ? (s64)done : -EFAULT;
		done += n;
	}
	return (s64)done;
}

static s64 write_at(struct inode *inode, const char *from, u64 offset, u64 size, bool user)
{
	u64 done = 0;

	if (offset >= FILE_SIZE_MAX && size)
		return -EFBIG;
	size = MIN(size, FILE_SIZE_MAX - offset);
	while (done < size) {
		u64 n = size - done;
		char *to = place_to_write(inode, offset + done, &n);

		if (!to)
			return done ? (s64)done : -ENOSPC;
		if (copy_in(to, from + done, n, user))
			return done ? (s64)done : -EFAULT;
		done += n;
		inode->size = MAX(inode->size, offset + done);
	}
	return (s64)done;
}

s64 regular_read_kernel(struct inode *inode, void *to, u64 offset, u64 size)
{
	return read_at(inode, to, offset, size, false);
}

s64 regular_write_kernel(struct inode *inode, const void *from, u64 offset, u64 size)
{
	return write_at(inode, from, offset, size, false);
}

s64 regular_get_page(struct inode *inode, u64 offset, u64 n, u8 **page)
{
	char *at;

	if (offset >= inode->size)
		return 0;
	n = MIN(n, inode->size - offset);
	at = place_to_write(inode, offset, &n);
	if (!at)
		return -ENOSPC;
	*page = (u8 *)(at - offset % PAGE_SIZE);
	page_get(virt_to_phys(*page));
	return (s64)n;
}

/* Streams may still refer to pages; those live on for them. */
void regular_truncate(struct inode *inode)
{
	for (u64 i = 0; i < inode->page_slots; i++)
		if (inode->pages[i])
			page_put(virt_to_phys(inode->pages[i]));
	kfree(inode->pages);
	inode->pages = NULL;
	inode->page_slots = 0;
	if ((inode->mode & S_IFMT) == S_IFREG)
		inode->size = 0;
}

static s64 regular_read(struct file *f, void *user_buf, u64 size)
{
	s64 n;

	mutex_lock(&fs_lock);
	n = read_at(f->inode, user_buf, f->offset, size, true);
	if (n > 0)
		f->offset += (u64)n;
	mutex_unlock(&fs_lock);
	return n;
}

static s64 regular_write(struct file *f, const void *user_buf, u64 size)
{
	s64 n;

	mutex_lock(&fs_lock);
	if (f->flags & O_APPEND)
		f->offset = f->inode->size;
	n = write_at(f->inode, user_buf, f->offset, size, true);
	if (n > 0)
		f->offset += (u64)n;
	mutex_unlock(&fs_lock);
	return n;
}

const struct file_operations regular_operations = { .read = regular_read, .write = regular_write };
