/*
 * What the rest of the kernel knows of files. The bodies are in fs/.
 */
#ifndef KERNEL_FS_H
#define KERNEL_FS_H

#include <kernel/types.h>

struct process;
struct inode;
struct file;

/* Each may be NULL: reading and writing then give -EINVAL, ioctl -ENOTTY. */
struct file_operations {
	s64 (*read)(struct file *f, void *user_buf, u64 size);
	s64 (*write)(struct file *f, const void *user_buf, u64 size);
	s64 (*ioctl)(struct file *f, u64 command, void *user_arg);
	int (*open)(struct file *f);
	void (*release)(struct file *f);
};

struct module;

struct file {
	u32 refs;			/* under file_lock */
	u32 flags;			/* O_* */
	u64 offset;
	struct inode *inode;		/* NULL for pipes */
	const struct file_operations *ops;
	void *private;
	struct module *module;		/* that ops are in; NULL: the kernel */
};

/* Makes /dev/name with these permission bits (root owns it). */
int register_device(const char *name, u32 mode, const struct file_operations *ops);
int unregister_device(const char *name);
/* For read(): what of a text lies behind the file's offset. */
s64 device_read_text(struct file *f, void *user_buf, u64 size, const char *text, u64 length);

/* Unpacks the initramfs, mounts /dev. Called once, in a thread, before init. */
void fs_init(void);
/* Whole file into vmalloc memory (vfree it). Checks x permission if asked. */
int fs_read_file(const char *path, bool executable, void **data, u64 *size);
/* Opens /dev/console as files 0, 1, 2 of a process that has none. */
int fs_open_console(struct process *p);
/* The child shares the parent's open files and working directory. */
void fs_fork(struct process *parent, struct process *child);
/* Closes everything. */
void fs_exit(struct process *p);

#endif
