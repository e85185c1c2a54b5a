/*
 * System call numbers. SYSCALL with the number in rax and arguments in rdi,
 * rsi, rdx, r10, r8, r9; the result is in rax (rcx and r11 are lost).
 */
#ifndef UAPI_SYSCALL_H
#define UAPI_SYSCALL_H

#define SYS_read 0
#define SYS_write 1
#define SYS_open 2
#define SYS_close 3
#define SYS_pipe 4
#define SYS_dup2 5
#define SYS_fstat 6
#define SYS_stat 7
#define SYS_getdents 8
#define SYS_mkdir 9
#define SYS_unlink 10
#define SYS_chdir 11
#define SYS_getcwd 12
#define SYS_ioctl 13
#define SYS_lseek 14
#define SYS_readlog 15
#define SYS_fork 16
#define SYS_exec 17
#define SYS_exit 18
#define SYS_wait 19
#define SYS_kill 20
#define SYS_getpid 21
#define SYS_getppid 22
#define SYS_getuid 23
#define SYS_setuid 24
#define SYS_sleep_ns 25
#define SYS_yield 26
#define SYS_uname 27
#define SYS_sbrk 28
#define SYS_mmap_anon 29
#define SYS_munmap 30
#define SYS_signal 31
#define SYS_sigreturn 32
#define SYS_insmod 33
#define SYS_rmmod 34
#define SYS_time_ns 35
#define SYS_reboot 36
#define SYS_ps 37
#define SYS_lsmod 38
#define SYS_setpgid 39
#define SYS_nproc 40
#define SYS_stream 41
#define SYS_splice 42
#define SYS_COUNT 43

/* SYS_reboot: how. Power off with a value for the debug-exit port, or reset. */
#define REBOOT_POWER_OFF 0
#define REBOOT_RESET 1

/* SYS_wait: options. */
#define WNOHANG 1

#endif
