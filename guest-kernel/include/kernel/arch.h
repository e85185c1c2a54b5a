/*
 * What arch/ offers to the rest of the kernel beside traps.
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include <kernel/types.h>

struct trap_frame;

/*
 * Saves the callee-saved registers as a struct switch_frame on this stack,
 * stores rsp in *save, and goes on from the switch frame at load.
 */
void context_switch(u64 *save, u64 load);
/* First rip of a new thread: calls thread_start(). */
void thread_entry(void);
void thread_run(void (*function)(void *arg), void *arg) __noreturn;
extern const u64 thread_returned;	/* where a thread's main function returns to */
/* Leaves the main function whose return slot this is, and begins `function` in its place. */
void thread_rerun(u64 slot, void (*function)(void *arg), void *arg) __noreturn;
/* Enters ring 3 with the registers of tf. */
void return_to_user(struct trap_frame *tf) __noreturn;

/* The stack that traps from ring 3 and SYSCALL use on this CPU. */
void set_kernel_stack(u64 top);

/* Copies n bytes; returns the number not copied because of a fault. */
u64 copy_user_bytes(void *dst, const void *src, u64 n);
/* If rip may fault (ex_table), the address to go on at; else 0. */
u64 ex_table_lookup(u64 rip);

/*
 * To be called after code was written through another address than the one it
 * will run at (the direct map, a mapping that was writable before): the manual
 * asks for a serializing instruction then (Intel SDM vol. 3 section 11.6).
 */
static inline void sync_core(void)
{
	u32 eax = 0, ebx, ecx = 0, edx;
	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx) : : "memory");
}

/* For loops that wait for another CPU. */
void cpu_relax(void);

#endif
