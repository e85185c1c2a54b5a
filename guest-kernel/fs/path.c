/*
 * Paths: from text to inodes, and from a directory back to its path. Every directory passed through must grant search
 * permission (x) to the caller.
 */
#include <kernel/inode.h>
#include <kernel/string.h>
#include <uapi/errno.h>

/* Copies the next name of *path and moves *path behind it and the slashes that follow. 0: no more names. */
static int next_name(const char **path, char name[NAME_MAX + 1])
{
	u64 n = 0;

	while (**path == '/')
		(*path)++;
	while ((*path)[n] && (*path)[n] != '/')
		n++;
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, *path, n);
	name[n] = 0;
	*path += n;
	while (**path == '/')
		(*path)++;
	return n > 0;
}

/* One step down from dir, or up with "..". */
static int step(struct inode *dir, u32 uid, const char *name, struct inode **next)
{
	struct entry *e;

	if ((dir->mode & S_IFMT) != S_IFDIR)
		return -ENOTDIR;
	if (!inode_permitted(dir, uid, WANT_EXECUTE))
		return -EACCES;
	if (strcmp(name, ".") == 0) {
		*next = dir;
		return 0;
	}
	if (strcmp(name, "..") == 0) {
		*next = dir->parent;
		return 0;
	}
	e = directory_find(dir, name);
	if (!e)
		return -ENOENT;
	*next = e->inode;
	return 0;
}

int path_lookup(struct inode *from, u32 uid, const char *path, struct inode **found)
{
	struct inode *at = *path == '/' ? fs_root : from;
	bool must_be_directory = *path && path[strlen(path) - 1] == '/';
	char name[NAME_MAX + 1];
	int more, err;

	if (!*path)
		return -ENOENT;
	while ((more = next_name(&path, name)) > 0) {
		err = step(at, uid, name, &at);
		if (err)
			return err;
	}
	if (more < 0)
		return more;
	if (must_be_directory && (at->mode & S_IFMT) != S_IFDIR)
		return -ENOTDIR;
	*found = at;
	return 0;
}

int path_parent(struct inode *from, u32 uid, const char *path, struct inode **dir, char name[NAME_MAX + 1])
{
	struct inode *at = *path == '/' ? fs_root : from;
	int more = 0, err;

	if (!*path)
		return -ENOENT;
	while (more >= 0) {
		more = next_name(&path, name);
		if (more < 0)
			return more;
		if (!more || !*path)
			break;
		err = step(at, uid, name, &at);
		if (err)
			return err;
	}
	if (!more || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EEXIST;
	if ((at->mode & S_IFMT) != S_IFDIR)
		return -ENOTDIR;
	if (!inode_permitted(at, uid, WANT_EXECUTE))
		return -EACCES;
	*dir = at;
	return 0;
}

/* Built from the end of the buffer backwards, then moved to its start. */
int path_of(struct inode *dir, char *to, u64 size)
{
	u64 at = size, n;

	if (size < 2)
		return -ERANGE;
	to[--at] = 0;
	while (dir != fs_root) {
		struct entry *e, *self = NULL;

		list_for_each(e, &dir->parent->entries, link)
			if (e->inode == dir)
				self = e;
		if (!self)
			return -ENOENT;
		n = strlen(self->name);
		if (at < n + 1)
			return -ERANGE;
		at -= n;
		memcpy(to + at, self->name, n);
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
