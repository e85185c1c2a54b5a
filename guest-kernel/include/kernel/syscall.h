/*
 * The system calls, as the table in kernel/syscall.c calls them. Pointers are
 * user addresses and hostile. Results < 0 are -errno.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <kernel/types.h>
#include <uapi/syscall.h>

struct trap_frame;
struct stat;
struct dirent;
struct ps_info;
struct utsname;

void syscall_dispatch(struct trap_frame *tf);

/* fs/ */
s64 sys_read(int fd, void *buf, u64 size);
s64 sys_write(int fd, const void *buf, u64 size);
s64 sys_open(const char *path, u32 flags, u32 mode);
s64 sys_close(int fd);
s64 sys_pipe(int *fds);
s64 sys_stream(int *fds);
s64 sys_splice(int file_fd, int stream_fd, u64 size);
s64 sys_dup2(int from, int to);
s64 sys_fstat(int fd, struct stat *st);
s64 sys_stat(const char *path, struct stat *st);
s64 sys_getdents(int fd, struct dirent *buf, u64 size);
s64 sys_mkdir(const char *path, u32 mode);
s64 sys_unlink(const char *path);
s64 sys_chdir(const char *path);
s64 sys_getcwd(char *buf, u64 size);
s64 sys_ioctl(int fd, u64 command, void *arg);
s64 sys_lseek(int fd, s64 offset, int whence);
/* kernel/readlog.c */
s64 sys_readlog(char *buf, s64 offset, u64 len);

/* kernel/ */
s64 sys_fork(void);
s64 sys_exec(const char *path, char *const *argv);
s64 sys_exit(int status);
s64 sys_wait(int pid, int *status, int options);
s64 sys_kill(int pid, int signal);
s64 sys_setpgid(int pid, int pgid);
s64 sys_getpid(void);
s64 sys_getppid(void);
s64 sys_getuid(void);
s64 sys_setuid(u32 uid);
s64 sys_sleep_ns(u64 ns);
s64 sys_yield(void);
s64 sys_uname(struct utsname *u);
s64 sys_sbrk(s64 increment);
s64 sys_mmap_anon(u64 size);
s64 sys_munmap(u64 address, u64 size);
s64 sys_signal(int signal, u64 handler, u64 restorer);
s64 sys_sigreturn(void);
s64 sys_insmod(const void *image, u64 size, const char *name, char *why, u64 why_size);
s64 sys_rmmod(const char *name);
s64 sys_time_ns(void);
s64 sys_reboot(u32 how, u32 value);
s64 sys_ps(struct ps_info *buf, u64 count);
s64 sys_lsmod(char *buf, u64 size);
s64 sys_nproc(void);

#endif
