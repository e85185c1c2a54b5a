/*
 * Brings the file system up: root, initramfs, /dev with its devices, /tmp; and reads whole files for the rest of the kernel.
 */
#include <kernel/audit.h>
#include <kernel/bootinfo.h>
#include <kernel/inode.h>
#include <kernel/iostat.h>
#include <kernel/kstat.h>
#include <kernel/printk.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/secret.h>
#include <kernel/stream.h>
#include <kernel/time.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

/* -EEXIST is fine: the archive may have brought the directory. */
static void make_directory(const char *name, u32 mode)
{
	struct entry *e = directory_find(fs_root, name);
	struct inode *inode;

	if (e) {
		e->inode->mode = (e->inode->mode & S_IFMT) | mode;
		return;
	}
	inode = inode_alloc(S_IFDIR | mode, 0);
	if (inode)
		directory_add(fs_root, name, inode);
	inode_put(inode);
}

/* Half a system would fail later in ways that are harder to understand. */
static __noreturn void damaged(const struct cpio_error *error)
{
	pr_err("initramfs: %s at offset %lu\n", error->what, error->offset);
	panic("no init: the initramfs is damaged");
}

void fs_init(void)
{
	struct cpio_error error;
	const void *archive;
	u64 size = 0;

	inode_init();
	directory_init();
	file_init();
	mutex_lock(&fs_lock);
	fs_root = inode_alloc(S_IFDIR | 0755, 0);
	fs_root->parent = fs_root;
	archive = initramfs_data(&size);
	if (!archive)
		pr_err("initramfs: none was given\n");
	else if (cpio_unpack(fs_root, archive, size, &error))
		damaged(&error);
	else
		printk("initramfs: %lu bytes unpacked\n", size);
	make_directory("tmp", 0777);
	devfs_init();
	mutex_unlock(&fs_lock);
	pipe_init();
	stream_init();
	memory_devices_init();
	tty_init();
	secret_init();
	iostat_init();
	audit_init();
	load_init();
	crash_init();
	kstat_init();
}

int fs_read_file(const char *path, bool executable, void **data, u64 *size)
{
	struct process *p = current_process();
	u32 uid = p ? p->uid : 0;
	struct inode *inode;
	int err;

	mutex_lock(&fs_lock);
	err = path_lookup(p && p->cwd ? p->cwd : fs_root, uid, path, &inode);
	if (!err && (inode->mode & S_IFMT) != S_IFREG)
		err = (inode->mode & S_IFMT) == S_IFDIR ? -EISDIR : -EACCES;
	if (!err && !inode_permitted(inode, uid, executable ? WANT_EXECUTE : WANT_READ))
		err = -EACCES;
	if (!err) {
		*size = inode->size;
		*data = vmalloc(MAX(*size, 1UL));
		err = *data ? 0 : -ENOMEM;
	}
	if (!err)
		regular_read_kernel(inode, *data, 0, *size);
	mutex_unlock(&fs_lock);
	return err;
}
