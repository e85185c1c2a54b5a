/*
 * Inodes: their life, who may do what with them, and what stat tells.
 */
#include <kernel/inode.h>
#include <kernel/page.h>
#include <kernel/slab.h>

struct mutex fs_lock;
struct inode *fs_root;
static struct kmem_cache *inode_cache;
static u64 next_ino = 1;

void inode_init(void)
{
	mutex_init(&fs_lock, "fs");
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), NULL);
}

struct inode *inode_alloc(u32 mode, u32 uid)
{
	struct inode *inode = kmem_cache_alloc(inode_cache);

	if (!inode)
		return NULL;
	inode->ino = next_ino++;
	inode->refs = 1;
	inode->mode = mode;
	inode->uid = uid;
	list_init(&inode->entries);
	return inode;
}

struct inode *inode_get(struct inode *inode)
{
	inode->refs++;
	return inode;
}

/* A loop, not recursion: freeing a directory lets go of its parent, which may be the last reference to that, and so on. */
void inode_put(struct inode *inode)
{
	while (inode && --inode->refs == 0) {
		struct inode *parent = inode->parent;

		regular_truncate(inode);
		kmem_cache_free(inode_cache, inode);
		inode = parent;
	}
}

bool inode_permitted(const struct inode *inode, u32 uid, u32 want)
{
	u32 bits = uid == inode->uid ? inode->mode >> 6 : inode->mode;

	if (uid == 0)
		return !(want & WANT_EXECUTE) || (inode->mode & 0111) || (inode->mode & S_IFMT) == S_IFDIR;
	return (bits & want) == want;
}

void inode_stat(const struct inode *inode, struct stat *st)
{
	st->ino = inode->ino;
	st->mode = inode->mode;
	st->uid = inode->uid;
	st->size = inode->size;
}
