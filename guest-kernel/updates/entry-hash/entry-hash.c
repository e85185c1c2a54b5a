/*
 * Names in directories are looked up by comparing all of them. Here an entry has its name's hash, which is compared first.
 *
 * The hash fits into the entry: it takes what the compiler had left empty at its end, with the name moved up. So the new
 * version is put in the place of the old one when the last thread has left the old code, and whoever leads to an entry
 * goes on doing so. Until then it is a twin. The link and the inode stay where they are, for the code that looks at nothing else.
 */
#include <kernel/inode.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <lucos_update.h>
#include <uapi/errno.h>

LUCOS_UPDATE("entry-hash", "1.0", "names in directories have a hash");

struct hashed_entry {
	struct list_head link;
	struct inode *inode;
	u32 hash;
	char name[NAME_MAX + 1];
};

_Static_assert(sizeof(struct hashed_entry) == sizeof(struct entry), "a hash does not fit into an entry");

LUCOS_STATIC_REF(struct kmem_cache *, entry_cache, "directory.c");

static u64 compared, told_by_hash;	/* under fs_lock, as all that is replaced here */

/* FNV-1a. */
static u32 hash_of(const char *name)
{
	u32 hash = 2166136261;

	while (*name)
		hash = (hash ^ (u8)*name++) * 16777619;
	return hash;
}

static void to_new(const struct entry *old, struct hashed_entry *new)
{
	memcpy(new->name, old->name, sizeof(new->name));
	new->name[NAME_MAX] = 0;
	new->hash = hash_of(new->name);
}

static void to_old(const struct hashed_entry *new, struct entry *old)
{
	memcpy(old->name, new->name, sizeof(old->name));
}

LUCOS_TYPE_CACHE(entries, "dir_entry", struct entry, struct hashed_entry, to_new, to_old,
	.placement = LUCOS_PLACEMENT_IN_PLACE, .shared_head = offsetof(struct entry, name));
LUCOS_PRESERVES(entries, struct entry, name);

static struct hashed_entry *hashed(struct entry *e)
{
	return lucos_twin(struct hashed_entry, e);
}

static struct entry *hashed_find(struct inode *dir, const char *name)
{
	u32 hash = hash_of(name);
	struct entry *e;

	list_for_each(e, &dir->entries, link) {
		if (hashed(e)->hash != hash) {
			told_by_hash++;
			continue;
		}
		compared++;
		if (strcmp(hashed(e)->name, name) == 0)
			return e;
	}
	return NULL;
}

static int hashed_add(struct inode *dir, const char *name, struct inode *inode)
{
	struct entry *e;

	if (!dir->links && dir != fs_root)
		return -ENOENT;
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (hashed_find(dir, name))
		return -EEXIST;
	e = kmem_cache_alloc(entry_cache);
	if (!e)
		return -ENOMEM;
	strlcpy(hashed(e)->name, name, sizeof(hashed(e)->name));
	hashed(e)->hash = hash_of(name);
	e->inode = inode_get(inode);
	inode->links++;
	if ((inode->mode & S_IFMT) == S_IFDIR)
		inode->parent = inode_get(dir);
	list_add_tail(&e->link, &dir->entries);
	dir->size++;
	return 0;
}

/* As it was, but for the lookup, which the compiler had put into it. */
static int hashed_remove(struct inode *dir, const char *name)
{
	struct entry *e = hashed_find(dir, name);

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

static s64 hashed_read(struct file *f, struct dirent *user_buf, u64 size)
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
		strlcpy(d.name, hashed(e)->name, sizeof(d.name));
		if (copy_to_user(user_buf + stored, &d, sizeof(d)))
			return stored ? (s64)(stored * sizeof(d)) : -EFAULT;
		stored++;
		f->offset++;
	}
	return stored * sizeof(struct dirent);
}

static struct entry *entry_of(const struct inode *dir)
{
	struct entry *e;

	list_for_each(e, &dir->parent->entries, link)
		if (e->inode == dir)
			return e;
	return NULL;
}

static int hashed_path_of(struct inode *dir, char *to, u64 size)
{
	u64 at = size, n;

	if (size < 2)
		return -ERANGE;
	to[--at] = 0;
	while (dir != fs_root) {
		struct entry *self = entry_of(dir);

		if (!self)
			return -ENOENT;
		n = strlen(hashed(self)->name);
		if (at < n + 1)
			return -ERANGE;
		at -= n;
		memcpy(to + at, hashed(self)->name, n);
		to[--at] = '/';
		dir = dir->parent;
	}
	if (to[at] == 0) {
		if (at < 1)
			return -ERANGE;
		to[--at] = '/';
	}
	memmove(to, to + at, size - at);
	return (int)(size - at - 1);
}

static void tell(void)
{
	printk("entry-hash: %lu names compared, %lu told apart by their hash\n", compared, told_by_hash);
}

LUCOS_REPLACE(directory_find, hashed_find);
LUCOS_REPLACE(directory_add, hashed_add);
LUCOS_REPLACE(directory_remove, hashed_remove);
LUCOS_REPLACE(directory_read, hashed_read);
LUCOS_REPLACE(path_of, hashed_path_of);
LUCOS_CLEANUP(tell);
