/*
 * The system call table. A number out of range is -ENOSYS; arguments are
 * passed on as they are, and each call checks its own.
 */
#include <kernel/fs.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>
#include <uapi/errno.h>

typedef s64 (*syscall)(u64, u64, u64, u64, u64, u64);

#define CALL(name) [SYS_##name] = (syscall)sys_##name

/* The calls differ in their parameters; in registers they are all the same. */
#pragma GCC diagnostic ignored "-Wcast-function-type"
static const syscall calls[SYS_COUNT] = {
	CALL(read), CALL(write), CALL(open), CALL(close), CALL(pipe), CALL(dup2), CALL(fstat),
	CALL(stat), CALL(getdents), CALL(mkdir), CALL(unlink), CALL(chdir), CALL(getcwd),
	CALL(ioctl), CALL(lseek), CALL(readlog), CALL(fork), CALL(exec), CALL(exit), CALL(wait),
	CALL(kill), CALL(getpid), CALL(getppid), CALL(getuid), CALL(setuid), CALL(sleep_ns),
	CALL(yield), CALL(uname), CALL(sbrk), CALL(mmap_anon), CALL(munmap), CALL(signal),
	CALL(sigreturn), CALL(insmod), CALL(rmmod), CALL(time_ns), CALL(reboot), CALL(ps), CALL(lsmod),
	CALL(setpgid), CALL(nproc), CALL(stream), CALL(splice),
};

/* Called by syscall_entry with interrupts off. */
void syscall_dispatch(struct trap_frame *tf)
{
	irq_enable();
	s64 result = -ENOSYS;
	if (tf->rax < SYS_COUNT && calls[tf->rax])
		result = calls[tf->rax](tf->rdi, tf->rsi, tf->rdx, tf->r10, tf->r8, tf->r9);
	irq_disable();
	tf->rax = result;
	preempt_on_return();
	signal_deliver(tf);
}
