/*
 * Directories: lists of names. Readers continue by position; when an entry before that position is removed they would skip one,
 * so they start again (entries may be seen twice, never missed).
 */
#include <kernel/inode.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static struct kmem_cache *entry_cache;

void directory_init(void)
{
	entry_cache = kmem_cache_create("dir_entry", sizeof(struct entry), NULL);
}

struct entry *directory_find(struct inode *dir, const char *name)
{
	struct entry *e;

	list_for_each(e, &dir->entries, link)
		if (strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

int directory_add(struct inode *dir, const char *name, struct inode *inode)
{
	struct entry *e;

	if (!dir->links && dir != fs_root)
		return -ENOENT;
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (directory_find(dir, name))
		return -EEXIST;
	e = kmem_cache_alloc(entry_cache);
	if (!e)
		return -ENOMEM;
	strlcpy(e->name, name, sizeof(e->name));
	e->inode = inode_get(inode);
	inode->links++;
	if ((inode->mode & S_IFMT) == S_IFDIR)
		inode->parent = inode_get(dir);
	list_add_tail(&e->link, &dir->entries);
	dir->size++;
	return 0;
}

int directory_remove(struct inode *dir, const char *name)
{
	struct entry *e = directory_find(dir, name);

	if (!e)
		return -ENOENT;
	if ((e->inode->mode & S_IFMT) == S_IFDIR && !list_empty(&e->inode->entries))
		return -ENOTEMPTY;
	list_del(&e->link);
	dir->size--;
	dir->removed_entries++;
	e->inode->links--;
	inode_put(e->inode);
	kmem_cache_free(entry_cache, e);
	return 0;
}

/* f->offset counts entries; f->private remembers how many removals there had been when it was right. */
s64 directory_read(struct file *f, struct dirent *user_buf, u64 size)
{
	struct inode *dir = f->inode;
	u64 room = size / sizeof(struct dirent), at = 0, stored = 0;
	struct entry *e;

	if (room == 0)
		return -EINVAL;
	if (f->private != (void *)(u64)dir->removed_entries) {
		f->private = (void *)(u64)dir->removed_entries;
		f->offset = 0;
	}
	list_for_each(e, &dir->entries, link) {
		struct dirent d = { .ino = e->inode->ino, .type = e->inode->mode & S_IFMT };

		if (at++ < f->offset)
			continue;
		if (stored == room)
			break;
		strlcpy(d.name, e->name, sizeof(d.name));
		if (copy_to_user(user_buf + stored, &d, sizeof(d)))
			return stored ? (s64)(stored * sizeof(d)) : -EFAULT;
		stored++;
		f->offset++;
	}
	return stored * sizeof(struct dirent);
}

static s64 read_refused(struct file *f, void *user_buf, u64 size)
{
	return -EISDIR;
}

static s64 write_refused(struct file *f, const void *user_buf, u64 size)
{
	return -EISDIR;
}

const struct file_operations directory_operations = { .read = read_refused, .write = write_refused };
