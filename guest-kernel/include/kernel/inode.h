/*
 * Inside the file system: inodes, directories, open files. Used by fs/ only; the rest of the kernel sees kernel/fs.h.
 *
 * There is one file system, in memory. fs_lock guards the tree, the contents of files and every inode's fields; it may be held
 * while copying to and from user memory, but never while waiting for a pipe or the console.
 */
#ifndef KERNEL_INODE_H
#define KERNEL_INODE_H

#include <kernel/fs.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <uapi/fs.h>

#define FILE_SIZE_MAX (16UL << 20)	/* -EFBIG beyond */

struct inode {
	u64 ino;
	u32 refs;			/* entries, open files, working directories, children's parent pointers */
	u32 links;			/* directory entries; 0: removed from the tree */
	u32 mode;			/* S_IF* | permission bits */
	u32 uid;
	u64 size;
	void **pages;			/* regular file: its pages, NULL where nothing was written */
	u64 page_slots;			/* entries of pages */
	struct list_head entries;	/* directory: struct entry, oldest first */
	u32 removed_entries;		/* directory: entries ever removed, so that readers notice */
	struct inode *parent;		/* directory: holds a reference; the root's is itself */
	const struct file_operations *device;	/* character device */
};

/* A name in a directory. */
struct entry {
	struct list_head link;
	struct inode *inode;
	char name[NAME_MAX + 1];
};

/* What a caller wants to do, for inode_permitted. */
enum { WANT_EXECUTE = 1, WANT_WRITE = 2, WANT_READ = 4 };

extern struct mutex fs_lock;
extern struct inode *fs_root;

/* inode.c; all under fs_lock */
void inode_init(void);
struct inode *inode_alloc(u32 mode, u32 uid);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);	/* frees it, and what it holds, with the last reference */
/* Whether user uid may; root may do everything, but execute only what somebody may execute. */
bool inode_permitted(const struct inode *inode, u32 uid, u32 want);
void inode_stat(const struct inode *inode, struct stat *st);

/* directory.c; all under fs_lock */
void directory_init(void);
struct entry *directory_find(struct inode *dir, const char *name);
int directory_add(struct inode *dir, const char *name, struct inode *inode);
int directory_remove(struct inode *dir, const char *name);
extern const struct file_operations directory_operations;
s64 directory_read(struct file *f, struct dirent *user_buf, u64 size);

/* path.c; all under fs_lock. A path that begins with '/' starts at the root, others at `from`. */
int path_lookup(struct inode *from, u32 uid, const char *path, struct inode **found);
/* The directory that holds path's last name, and that name (-EEXIST if it is "/", "." or ".."). */
int path_parent(struct inode *from, u32 uid, const char *path, struct inode **dir, char name[NAME_MAX + 1]);
int path_of(struct inode *dir, char *to, u64 size);	/* length without NUL, or -errno */

/* regular.c */
extern const struct file_operations regular_operations;
/* Kernel-side access; under fs_lock. Bytes done (less than size at the end of the file), or -errno. */
s64 regular_read_kernel(struct inode *inode, void *to, u64 offset, u64 size);
s64 regular_write_kernel(struct inode *inode, const void *from, u64 offset, u64 size);
/*
 * The page of a file's offset, with a reference for the caller (page_put). How many of n bytes from there on lie on it and in the
 * file; 0 at the end, -ENOSPC if a hole could not become a page.
 */
s64 regular_get_page(struct inode *inode, u64 offset, u64 n, u8 **page);
void regular_truncate(struct inode *inode);

/* file.c */
extern struct spinlock file_lock;
void file_init(void);
struct file *file_alloc(struct inode *inode, const struct file_operations *ops, u32 flags);
struct file *file_get(struct file *f);
void file_put(struct file *f);
int open_inode(struct inode *inode, u32 flags, struct file **opened);

/* devices */
void devfs_init(void);
void pipe_init(void);
int pipe_create(struct file *ends[2]);
void tty_init(void);
void memory_devices_init(void);

struct cpio_error {
	const char *what;	/* what is wrong ... */
	u64 offset;		/* ... with the entry that starts here */
};

/* cpio.c: unpacks a newc archive below root. 0, or -EINVAL and *error; what was unpacked before stays. Under fs_lock. */
int cpio_unpack(struct inode *root, const void *archive, u64 size, struct cpio_error *error);

#endif
