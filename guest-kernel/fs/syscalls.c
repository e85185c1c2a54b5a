/*
 * The system calls on files. Each takes its file or path, checks what the caller may, and hands on.
 */
#include <kernel/inode.h>
#include <kernel/iostat.h>
#include <kernel/process.h>
#include <kernel/stream.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/percpu.h>
#include <uapi/errno.h>

/* Transfers longer than this are refused: results must fit in an s64, and addresses in the user half. */
#define TRANSFER_MAX (1UL << 40)

static struct file *file_of(int fd)
{
	return fd >= 0 && fd < MAX_FILES ? current_process()->fd_table[fd] : NULL;
}

static int free_fd(void)
{
	for (int fd = 0; fd < MAX_FILES; fd++)
		if (!current_process()->fd_table[fd])
			return fd;
	return -EMFILE;
}

static struct inode *cwd(void)
{
	return current_process()->cwd;
}

static int get_path(char path[PATH_MAX], const char *user_path)
{
	s64 n = copy_string_from_user(path, user_path, PATH_MAX);

	return n < 0 ? (int)n : 0;
}

s64 sys_read(int fd, void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->read ? f->ops->read(f, buf, size) : -EINVAL;
	io_count(&io_counters.reads, &io_counters.read_bytes, n);
	return n;
}

s64 sys_write(int fd, const void *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f || (f->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (size > TRANSFER_MAX)
		return -EINVAL;
	n = f->ops->write ? f->ops->write(f, buf, size) : -EINVAL;
	io_count(&io_counters.writes, &io_counters.written_bytes, n);
	return n;
}

/* Finds the file to open, or makes it. The result holds no reference. Under fs_lock. */
static int find_or_create(const char *path, u32 flags, u32 mode, struct inode **found)
{
	u32 uid = current_process()->uid;
	struct inode *dir, *inode;
	char name[NAME_MAX + 1];
	int err = path_lookup(cwd(), uid, path, found);

	if (err != -ENOENT || !(flags & O_CREAT))
		return !err && (flags & O_CREAT) && (flags & O_EXCL) ? -EEXIST : err;
	err = path_parent(cwd(), uid, path, &dir, name);
	if (err)
		return err;
	if (path[strlen(path) - 1] == '/')
		return -EISDIR;
	if (!inode_permitted(dir, uid, WANT_WRITE))
		return -EACCES;
	inode = inode_alloc(S_IFREG | (mode & 0777), uid);
	if (!inode)
		return -ENOMEM;
	err = directory_add(dir, name, inode);
	inode_put(inode);
	*found = inode;
	return err;
}

/* The rights an open with these flags needs; 0 with a mode that does not exist. */
static u32 wanted(u32 flags)
{
	static const u32 want[] = { [O_RDONLY] = WANT_READ, [O_WRONLY] = WANT_WRITE, [O_RDWR] = WANT_READ | WANT_WRITE, 0 };

	return want[flags & O_ACCMODE];
}

static int open_path(const char *path, u32 flags, u32 mode, struct file **f)
{
	struct inode *existing, *inode;
	bool existed = !path_lookup(cwd(), current_process()->uid, path, &existing);
	int err = find_or_create(path, flags, mode, &inode);

	if (err)
		return err;
	/* Who makes a file may open it, whatever mode it gets. */
	if (existed && !inode_permitted(inode, current_process()->uid, wanted(flags)))
		return -EACCES;
	if ((inode->mode & S_IFMT) == S_IFDIR && (wanted(flags) & WANT_WRITE))
		return -EISDIR;
	err = open_inode(inode, flags, f);
	if (!err && (flags & O_TRUNC) && (wanted(flags) & WANT_WRITE) && (inode->mode & S_IFMT) == S_IFREG)
		regular_truncate(inode);
	return err;
}

s64 sys_open(const char *user_path, u32 flags, u32 mode)
{
	char path[PATH_MAX];
	struct file *f;
	int fd = free_fd(), err = get_path(path, user_path);

	if (err)
		return err;
	if (fd < 0)
		return fd;
	if (!wanted(flags))
		return -EINVAL;
	mutex_lock(&fs_lock);
	err = open_path(path, flags, mode, &f);
	mutex_unlock(&fs_lock);
	if (err)
		return err;
	current_process()->fd_table[fd] = f;
	return fd;
}

s64 sys_close(int fd)
{
	struct file *f = file_of(fd);

	if (!f)
		return -EBADF;
	current_process()->fd_table[fd] = NULL;
	file_put(f);
	return 0;
}

/* Two files that `create` makes, and their numbers for the user. */
static s64 open_ends(int *user_fds, int (*create)(struct file *ends[2]))
{
	struct process *p = current_process();
	struct file *ends[2];
	int fds[2], err;

	fds[0] = free_fd();
	if (fds[0] < 0)
		return fds[0];
	err = create(ends);
	if (err)
		return err;
	p->fd_table[fds[0]] = ends[0];
	fds[1] = free_fd();
	err = fds[1] < 0 ? fds[1] : copy_to_user(user_fds, fds, sizeof(fds));
	if (!err) {
		p->fd_table[fds[1]] = ends[1];
		return 0;
	}
	p->fd_table[fds[0]] = NULL;
	file_put(ends[0]);
	file_put(ends[1]);
	return err;
}

s64 sys_pipe(int *user_fds)
{
	return open_ends(user_fds, pipe_create);
}

s64 sys_stream(int *user_fds)
{
	return open_ends(user_fds, stream_create);
}

s64 sys_splice(int file_fd, int stream_fd, u64 size)
{
	struct file *from = file_of(file_fd), *to = file_of(stream_fd);

	if (!from || (from->flags & O_ACCMODE) == O_WRONLY || !to || (to->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	return size > TRANSFER_MAX ? -EINVAL : stream_splice(from, to, size);
}

s64 sys_dup2(int from, int to)
{
	struct file *f = file_of(from);

	if (!f || to < 0 || to >= MAX_FILES)
		return -EBADF;
	if (from == to)
		return to;
	if (file_of(to))
		sys_close(to);
	current_process()->fd_table[to] = file_get(f);
	return to;
}

s64 sys_fstat(int fd, struct stat *user_st)
{
	struct file *f = file_of(fd);
	struct stat st = { .mode = S_IFIFO | 0600 };

	if (!f)
		return -EBADF;
	mutex_lock(&fs_lock);
	if (f->inode)
		inode_stat(f->inode, &st);
	mutex_unlock(&fs_lock);
	return copy_to_user(user_st, &st, sizeof(st)) ? -EFAULT : 0;
}

s64 sys_stat(const char *user_path, struct stat *user_st)
{
	char path[PATH_MAX];
	struct inode *inode;
	struct stat st = { 0 };
	int err = get_path(path, user_path);

	if (err)
		return err;
	mutex_lock(&fs_lock);
	err = path_lookup(cwd(), current_process()->uid, path, &inode);
	if (!err)
		inode_stat(inode, &st);
	mutex_unlock(&fs_lock);
	if (err)
		return err;
	return copy_to_user(user_st, &st, sizeof(st)) ? -EFAULT : 0;
}

s64 sys_getdents(int fd, struct dirent *buf, u64 size)
{
	struct file *f = file_of(fd);
	s64 n;

	if (!f)
		return -EBADF;
	if (f->ops != &directory_operations)
		return -ENOTDIR;
	mutex_lock(&fs_lock);
	n = directory_read(f, buf, size);
	mutex_unlock(&fs_lock);
	return n;
}

s64 sys_mkdir(const char *user_path, u32 mode)
{
	u32 uid = current_process()->uid;
	struct inode *dir, *inode = NULL;
	char path[PATH_MAX], name[NAME_MAX + 1];
	int err = get_path(path, user_path);

	if (err)
		return err;
	mutex_lock(&fs_lock);
	err = path_parent(cwd(), uid, path, &dir, name);
	if (!err && directory_find(dir, name))
		err = -EEXIST;
	if (!err && !inode_permitted(dir, uid, WANT_WRITE))
		err = -EACCES;
	if (!err && !(inode = inode_alloc(S_IFDIR | (mode & 0777), uid)))
		err = -ENOMEM;
	if (!err)
		err = directory_add(dir, name, inode);
	inode_put(inode);
	mutex_unlock(&fs_lock);
	return err;
}

/* Removes a file or an empty directory. Devices go away only with their drivers. */
s64 sys_unlink(const char *user_path)
{
	u32 uid = current_process()->uid;
	char path[PATH_MAX], name[NAME_MAX + 1];
	struct inode *dir;
	struct entry *e;
	int err = get_path(path, user_path);

	if (err)
		return err;
	mutex_lock(&fs_lock);
	err = path_parent(cwd(), uid, path, &dir, name);
	if (err == -EEXIST)
		err = -EBUSY;
	if (!err && !(e = directory_find(dir, name)))
		err = -ENOENT;
	if (!err && !inode_permitted(dir, uid, WANT_WRITE))
		err = -EACCES;
	if (!err && (e->inode->mode & S_IFMT) == S_IFCHR)
		err = -EPERM;
	if (!err)
		err = directory_remove(dir, name);
	mutex_unlock(&fs_lock);
	return err;
}

s64 sys_chdir(const char *user_path)
{
	struct process *p = current_process();
	char path[PATH_MAX];
	struct inode *inode;
	int err = get_path(path, user_path);

	if (err)
		return err;
	mutex_lock(&fs_lock);
	err = path_lookup(p->cwd, p->uid, path, &inode);
	if (!err && (inode->mode & S_IFMT) != S_IFDIR)
		err = -ENOTDIR;
	if (!err && !inode_permitted(inode, p->uid, WANT_EXECUTE))
		err = -EACCES;
	if (!err) {
		inode_get(inode);
		inode_put(p->cwd);
		p->cwd = inode;
	}
	mutex_unlock(&fs_lock);
	return err;
}

s64 sys_getcwd(char *buf, u64 size)
{
	char path[PATH_MAX];
	int n;

	mutex_lock(&fs_lock);
	n = path_of(cwd(), path, sizeof(path));
	mutex_unlock(&fs_lock);
	if (n < 0)
		return n;
	if (size < (u64)n + 1)
		return -ERANGE;
	return copy_to_user(buf, path, (u64)n + 1) ? -EFAULT : n;
}

s64 sys_ioctl(int fd, u64 command, void *arg)
{
	struct file *f = file_of(fd);

	if (!f)
		return -EBADF;
	return f->ops->ioctl ? f->ops->ioctl(f, command, arg) : -ENOTTY;
}

s64 sys_lseek(int fd, s64 offset, int whence)
{
	struct file *f = file_of(fd);
	s64 base, result;

	if (!f)
		return -EBADF;
	if (!f->inode || (f->inode->mode & S_IFMT) == S_IFCHR)
		return -ESPIPE;
	mutex_lock(&fs_lock);
	base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (s64)f->offset : (s64)f->inode->size;
	if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &result) || result < 0) {
		result = -EINVAL;
	} else {
		f->offset = (u64)result;
		if (f->ops == &directory_operations)
			f->private = (void *)(u64)f->inode->removed_entries;
	}
	mutex_unlock(&fs_lock);
	return result;
}
