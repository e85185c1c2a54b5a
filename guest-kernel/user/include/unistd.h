/*
 * unistd.h: system calls as C functions. All return the kernel's result: >= 0, or a negative errno.
 */
#ifndef USER_UNISTD_H
#define USER_UNISTD_H

#include <stddef.h>
#include <uapi/errno.h>
#include <uapi/fs.h>
#include <uapi/signal.h>
#include <uapi/syscall.h>

long syscall6(long number, long a, long b, long c, long d, long e, long f);

#define syscall0(n)			syscall6(n, 0, 0, 0, 0, 0, 0)
#define syscall1(n, a)			syscall6(n, (long)(a), 0, 0, 0, 0, 0)
#define syscall2(n, a, b)		syscall6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define syscall3(n, a, b, c)		syscall6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define syscall5(n, a, b, c, d, e)	syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

/* processes */
long fork(void);
long execve(const char *path, char *const argv[]);
/* execvp: like execve, but a name without '/' is looked for in /bin. */
long execvp(const char *name, char *const argv[]);
/* waitpid: *status becomes the exit status, or 128 + the signal that ended the process. */
long waitpid(long pid, int *status, int options);
long kill(long pid, int sig);		/* pid < -1: the process group -pid */
long getpid(void);
long getppid(void);
long getuid(void);
long setuid(unsigned uid);
long setpgid(long pid, long pgid);	/* 0: this process; its own number */
long yield(void);
long sleep_ms(unsigned long ms);
long clock_ns(void);			/* virtual nanoseconds since boot */
void *sbrk(long delta);			/* the old break, or a negative errno as a pointer */
/* on_signal: handler for sig; SIGNAL_DEFAULT, SIGNAL_IGNORE or a function. */
long on_signal(int sig, void (*handler)(int));

#define SIGNAL_DEFAULT ((void (*)(int))SIG_DFL)
#define SIGNAL_IGNORE ((void (*)(int))SIG_IGN)

/* files */
long open(const char *path, int flags, int mode);
long close(long fd);
long read(long fd, void *to, size_t n);
long write(long fd, const void *from, size_t n);
/* write_all: write until all is out, whatever signals come. Returns n, or the negative errno of the write that failed. */
long write_all(long fd, const void *from, size_t n);
/* read_all: read until n bytes or end of file, whatever signals come. Returns the bytes read, or a negative errno. */
long read_all(long fd, void *to, size_t n);
long lseek(long fd, long offset, int whence);
long dup2(long from, long to);
long pipe(int fds[2]);
long stream(int fds[2]);		/* like pipe, with page buffers */
/* splice: up to n bytes of a file, from its position on, into a stream without copying them. */
long splice(long file, long stream, size_t n);
long stat(const char *path, struct stat *st);
long fstat(long fd, struct stat *st);
long mkdir(const char *path, int mode);
long unlink(const char *path);		/* a file or an empty directory */
long chdir(const char *path);
long getcwd(char *to, size_t size);
/* getdents: next entries of a directory. Returns bytes stored (a multiple of the entry size), 0 at the end. */
long getdents(long fd, struct dirent *to, size_t size);
long ioctl(long fd, unsigned long request, unsigned long argument);

/* Reads a whole file into memory from malloc; NULL and *size = a negative errno on failure. */
void *read_file(const char *path, long *size);

#endif
