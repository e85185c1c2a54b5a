/*
 * Open files: reference counts (a fork shares them), and what a process holds of them.
 */
#include <kernel/inode.h>
#include <kernel/module.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <uapi/errno.h>

struct spinlock file_lock = SPINLOCK("file");
static struct kmem_cache *file_cache;

void file_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), NULL);
}

/* Takes a reference to inode (which may be NULL); under fs_lock unless it is. */
struct file *file_alloc(struct inode *inode, const struct file_operations *ops, u32 flags)
{
	struct file *f = kmem_cache_alloc(file_cache);

	if (!f)
		return NULL;
	f->refs = 1;
	f->flags = flags;
	f->ops = ops;
	f->inode = inode ? inode_get(inode) : NULL;
	return f;
}

struct file *file_get(struct file *f)
{
	spin_lock(&file_lock);
	f->refs++;
	spin_unlock(&file_lock);
	return f;
}

void file_put(struct file *f)
{
	bool last;

	spin_lock(&file_lock);
	last = --f->refs == 0;
	spin_unlock(&file_lock);
	if (!last)
		return;
	if (f->ops->release)
		f->ops->release(f);
	module_put(f->module);
	if (f->inode) {
		mutex_lock(&fs_lock);
		inode_put(f->inode);
		mutex_unlock(&fs_lock);
	}
	kmem_cache_free(file_cache, f);
}

/* Opens an inode whose permissions have been checked. Under fs_lock; a device's open() must not sleep on files. */
int open_inode(struct inode *inode, u32 flags, struct file **opened)
{
	const struct file_operations *ops = &regular_operations;
	struct file *f;
	int err;

	if ((inode->mode & S_IFMT) == S_IFDIR)
		ops = &directory_operations;
	else if ((inode->mode & S_IFMT) == S_IFCHR)
		ops = inode->device;
	if (!ops)
		return -ENODEV;
	f = file_alloc(inode, ops, flags);
	if (!f)
		return -ENOMEM;
	/* The operations may be a module's, which must stay while the file is open. */
	err = module_get(ops, &f->module) ? 0 : -ENODEV;
	if (!err && ops->open)
		err = ops->open(f);
	if (err) {
		module_put(f->module);
		inode_put(inode);
		kmem_cache_free(file_cache, f);
		return err;
	}
	*opened = f;
	return 0;
}

int fs_open_console(struct process *p)
{
	struct inode *console;
	struct file *f = NULL;
	int err;

	mutex_lock(&fs_lock);
	err = path_lookup(fs_root, 0, "/dev/console", &console);
	if (!err)
		err = open_inode(console, O_RDWR, &f);
	if (!err && !p->cwd)
		p->cwd = inode_get(fs_root);
	mutex_unlock(&fs_lock);
	if (err)
		return err;
	p->fd_table[0] = f;
	p->fd_table[1] = file_get(f);
	p->fd_table[2] = file_get(f);
	return 0;
}

void fs_fork(struct process *parent, struct process *child)
{
	for (int fd = 0; fd < MAX_FILES; fd++)
		child->fd_table[fd] = parent->fd_table[fd] ? file_get(parent->fd_table[fd]) : NULL;
	mutex_lock(&fs_lock);
	child->cwd = parent->cwd ? inode_get(parent->cwd) : NULL;
	mutex_unlock(&fs_lock);
}

void fs_exit(struct process *p)
{
	for (int fd = 0; fd < MAX_FILES; fd++) {
		struct file *f = p->fd_table[fd];

		p->fd_table[fd] = NULL;
		if (f)
			file_put(f);
	}
	mutex_lock(&fs_lock);
	inode_put(p->cwd);
	p->cwd = NULL;
	mutex_unlock(&fs_lock);
}
