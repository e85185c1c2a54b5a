/*
 * Traps: exceptions, interrupts and system calls all build this frame on the
 * kernel stack. Assembly knows the layout (arch/trap_entry.S).
 *
 * Recognising one in a stack walk: the return address into `trap_return` or
 * `syscall_return` lies directly below it (frame = slot address + 8).
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <kernel/types.h>

struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;	/* pushed by the CPU */
};

static_assert(sizeof(struct trap_frame) == 176, "assembly knows this size");

enum {
	VEC_DE = 0, VEC_DB = 1, VEC_NMI = 2, VEC_BP = 3, VEC_UD = 6, VEC_DF = 8,
	VEC_SS = 12, VEC_GP = 13, VEC_PF = 14,
	VEC_IRQ_BASE = 0x20,
	/* Of the local APICs; a higher upper digit goes first. */
	VEC_APIC_FIRST = 0xe0,
	VEC_LAPIC_TIMER = 0xe0,
	VEC_RESCHEDULE = 0xf0, VEC_CALL, VEC_REQUEST, VEC_PARK, VEC_STOP,
	VEC_LAPIC_ERROR = 0xfe, VEC_SPURIOUS = 0xff,
	VEC_SYSCALL = 0x100,	/* frame built by SYSCALL: may return by SYSRET */
	VEC_FULL_RETURN = 0x101,/* was a SYSCALL, but must return by IRETQ */
};

enum { IRQ_TIMER = 0, IRQ_UART = 4, IRQ_DOORBELL = 5, IRQ_COUNT = 16 };

/* #PF error code bits. */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_FETCH = 16 };

static inline bool from_user(const struct trap_frame *tf)
{
	return (tf->cs & 3) == 3;
}

/* Runs in interrupt context: interrupts off, must not sleep. */
typedef void (*irq_handler)(struct trap_frame *tf, void *arg);

/* Registers the handler of a line and unmasks it. -EBUSY if taken. */
int irq_register(int irq, irq_handler handler, void *arg);
/* Masks the line and forgets its handler. */
void irq_unregister(int irq);

/* Who gets #DB of kernel code (single step); NULL: nobody, it is an oops. */
void trap_set_debug_hook(void (*hook)(struct trap_frame *tf));

extern char trap_return[], syscall_return[];	/* return addresses of entry code */

static inline void irq_enable(void) { asm volatile("sti" ::: "memory"); }
static inline void irq_disable(void) { asm volatile("cli" ::: "memory"); }

static inline u64 irq_save(void)
{
	u64 flags;
	asm volatile("pushfq; pop %0; cli" : "=r"(flags) :: "memory");
	return flags;
}

static inline void irq_restore(u64 flags)
{
	if (flags & 0x200)
		irq_enable();
}

static inline bool irqs_enabled(void)
{
	u64 flags;
	asm volatile("pushfq; pop %0" : "=r"(flags));
	return flags & 0x200;
}

#endif
