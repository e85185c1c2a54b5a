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

/*
 * void thread_run(void (*function)(void *), void *arg): calls a thread's main function, then thread_exit. What lies behind
 * the call needs no register, so that another function may return there than was called: see thread_rerun.
 */
FUNC(thread_run)
	FRAME
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
.Lreturned:
	xor	%edi, %edi
	call	thread_exit
	ud2
END(thread_run)

	.section .rodata
	.balign	8
	.globl	thread_returned		/* const u64: a label in the code would look like a function */
thread_returned:
	.quad	.Lreturned

/*
 * void thread_rerun(u64 slot, void (*function)(void *), void *arg): leaves the main function that thread_run has
 * called, whose return address lies in slot, with all that it has called, and begins `function` in its place. The old
 * frames and the stack pointer go at one instant, with interrupts off; from thread_begin_again on the stack is what
 * thread_run's call makes of it.
 */
ENTRY_FUNC(thread_rerun)
	cli
	mov	-8(%rdi), %rbp		/* as pushed by the main function: thread_run's */
	mov	%rdi, %rsp
	movq	$.Lreturned, (%rsp)	/* a return stub may have stood there */
	mov	%rsi, %rax
	mov	%rdx, %rdi
	jmp	thread_begin_again
END(thread_rerun)

/* Without a frame: its return address is where rsp points, as for every function that has none. */
FUNC(thread_begin_again)
	sti
	jmp	*%rax
END(thread_begin_again)
