/*
 * Changing stacks: between threads, and into ring 3.
 */
#include <kernel/asm.h>

/*
 * void context_switch(u64 *save, u64 load)
 * Pushes a struct switch_frame: below the return address into schedule() lie
 * rbp, then rbx, r12..r15. Interrupts are off.
 */
ENTRY_FUNC(context_switch)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
END(context_switch)

/*
 * void thread_entry(void): where a new thread's switch frame returns to. Its
 * rbp is 0, which ends stack walks.
 */
ENTRY_FUNC(thread_entry)
	push	$0
	call	thread_start
	ud2
END(thread_entry)
