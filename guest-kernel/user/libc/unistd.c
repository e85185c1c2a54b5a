/* unistd.c: the system calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void __sigreturn(void);

void exit(int status)
{
	syscall1(SYS_exit, status);
	__builtin_unreachable();
}

long fork(void)
{
	return syscall0(SYS_fork);
}

long execve(const char *path, char *const argv[])
{
	return syscall2(SYS_exec, path, argv);
}

long execvp(const char *name, char *const argv[])
{
	char path[PATH_MAX];

	if (strchr(name, '/'))
		return execve(name, argv);
	if (snprintf(path, sizeof(path), "/bin/%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return execve(path, argv);
}

long waitpid(long pid, int *status, int options)
{
	return syscall3(SYS_wait, pid, status, options);
}

long kill(long pid, int sig)
{
	return syscall2(SYS_kill, pid, sig);
}

long getpid(void)
{
	return syscall0(SYS_getpid);
}

long getppid(void)
{
	return syscall0(SYS_getppid);
}

long getuid(void)
{
	return syscall0(SYS_getuid);
}

long setuid(unsigned uid)
{
	return syscall1(SYS_setuid, uid);
}

long setpgid(long pid, long pgid)
{
	return syscall2(SYS_setpgid, pid, pgid);
}

long yield(void)
{
	return syscall0(SYS_yield);
}

long sleep_ms(unsigned long ms)
{
	return syscall1(SYS_sleep_ns, ms * 1000000);
}

long clock_ns(void)
{
	return syscall0(SYS_time_ns);
}

void *sbrk(long delta)
{
	return (void *)syscall1(SYS_sbrk, delta);
}

long on_signal(int sig, void (*handler)(int))
{
	return syscall3(SYS_signal, sig, handler, __sigreturn);
}

long open(const char *path, int flags, int mode)
{
	return syscall3(SYS_open, path, flags, mode);
}

long close(long fd)
{
	return syscall1(SYS_close, fd);
}

long read(long fd, void *to, size_t n)
{
	return syscall3(SYS_read, fd, to, n);
}

long write(long fd, const void *from, size_t n)
{
	return syscall3(SYS_write, fd, from, n);
}

long write_all(long fd, const void *from, size_t n)
{
	size_t done = 0;

	while (done < n) {
		long out = write(fd, (const char *)from + done, n - done);

		if (out == -EINTR)
			continue;
		if (out < 0)
			return out;
		done += (size_t)out;
	}
	return (long)done;
}

long read_all(long fd, void *to, size_t n)
{
	size_t done = 0;

	while (done < n) {
		long in = read(fd, (char *)to + done, n - done);

		if (in == -EINTR)
			continue;
		if (in < 0)
			return in;
		if (in == 0)
			break;
		done += (size_t)in;
	}
	return (long)done;
}

long lseek(long fd, long offset, int whence)
{
	return syscall3(SYS_lseek, fd, offset, whence);
}

long dup2(long from, long to)
{
	return syscall2(SYS_dup2, from, to);
}

long pipe(int fds[2])
{
	return syscall1(SYS_pipe, fds);
}

long stream(int fds[2])
{
	return syscall1(SYS_stream, fds);
}

long splice(long file, long stream, size_t n)
{
	return syscall3(SYS_splice, file, stream, n);
}

long stat(const char *path, struct stat *st)
{
	return syscall2(SYS_stat, path, st);
}

long fstat(long fd, struct stat *st)
{
	return syscall2(SYS_fstat, fd, st);
}

long mkdir(const char *path, int mode)
{
	return syscall2(SYS_mkdir, path, mode);
}

long unlink(const char *path)
{
	return syscall1(SYS_unlink, path);
}

long chdir(const char *path)
{
	return syscall1(SYS_chdir, path);
}

long getcwd(char *to, size_t size)
{
	return syscall2(SYS_getcwd, to, size);
}

long getdents(long fd, struct dirent *to, size_t size)
{
	return syscall3(SYS_getdents, fd, to, size);
}

long ioctl(long fd, unsigned long request, unsigned long argument)
{
	return syscall3(SYS_ioctl, fd, request, argument);
}

void *read_file(const char *path, long *size)
{
	struct stat st;
	void *data;
	long fd = open(path, O_RDONLY, 0);

	*size = fd < 0 ? fd : fstat(fd, &st);
	if (*size < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	data = malloc(st.size);
	*size = data ? read_all(fd, data, st.size) : -ENOMEM;
	close(fd);
	if (*size >= 0)
		return data;
	free(data);
	return NULL;
}
