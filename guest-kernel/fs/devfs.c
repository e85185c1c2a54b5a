/*
 * /dev: names for drivers. A device that is taken away stays usable through files that are open; each of them keeps the module
 * that its operations are in from being removed (file.c).
 */
#include <kernel/inode.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

static struct inode *dev;

void devfs_init(void)
{
	struct entry *e = directory_find(fs_root, "dev");

	if (e && (e->inode->mode & S_IFMT) == S_IFDIR) {
		dev = e->inode;
		return;
	}
	if (e)
		directory_remove(fs_root, "dev");
	dev = inode_alloc(S_IFDIR | 0755, 0);
	if (dev && !directory_add(fs_root, "dev", dev))
		inode_put(dev);		/* the entry holds it */
}

int register_device(const char *name, u32 mode, const struct file_operations *ops)
{
	struct inode *inode;
	int err;

	mutex_lock(&fs_lock);
	inode = dev ? inode_alloc(S_IFCHR | (mode & 0777), 0) : NULL;
	if (inode)
		inode->device = ops;
	err = inode ? directory_add(dev, name, inode) : -ENOMEM;
	inode_put(inode);
	mutex_unlock(&fs_lock);
	return err;
}

int unregister_device(const char *name)
{
	struct entry *e;
	int err = -ENOENT;

	mutex_lock(&fs_lock);
	e = dev ? directory_find(dev, name) : NULL;
	if (e && (e->inode->mode & S_IFMT) == S_IFCHR)
		err = directory_remove(dev, name);
	mutex_unlock(&fs_lock);
	return err;
}

s64 device_read_text(struct file *f, void *user_buf, u64 size, const char *text, u64 length)
{
	u64 at = READ_ONCE(f->offset), n;	/* once: a process that shares the file may move it meanwhile */

	if (at >= length)
		return 0;
	n = MIN(size, length - at);
	if (copy_to_user(user_buf, text + at, n))
		return -EFAULT;
	f->offset = at + n;
	return (s64)n;
}
