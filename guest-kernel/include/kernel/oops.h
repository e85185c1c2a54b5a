/*
 * The kernel's ways to fail.
 *
 * panic: print, walk the stack, stop the machine (debug-exit 0x7f: QEMU exits
 * with 255). With `panic=halt` on the command line it halts with interrupts
 * off instead, for a debugger.
 * oops: a fault in kernel mode. In a process's or kernel thread's own context
 * with no spinlock held, the thread is killed and the machine goes on;
 * otherwise, or with `panic=oops`, it is a panic.
 */
#ifndef KERNEL_OOPS_H
#define KERNEL_OOPS_H

#include <kernel/types.h>

struct trap_frame;

void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
void oops(struct trap_frame *tf, const char *what);
void print_registers(const struct trap_frame *tf);
/* Prints the current thread's backtrace, or the one below tf if not NULL. */
void print_backtrace(const struct trap_frame *tf);
extern u64 oops_count;

#define BUG_ON(c)							\
	do {								\
		if (unlikely(c))					\
			panic("%s:%d: BUG: %s", __FILE__, __LINE__, #c);	\
	} while (0)

#endif
