/*
 * Entries from exceptions, interrupts and SYSCALL. All build a struct
 * trap_frame and call C with it; rbp still is the interrupted code's, so that
 * the chain of frame pointers runs on into the interrupted frames, and the
 * return address trap_return (or syscall_return) directly below the frame
 * tells a stack walk that the frame is there.
 */
#include <kernel/asm.h>
#include <kernel/layout.h>

#define VEC_SYSCALL 0x100
#define TF_R11 32
#define TF_RCX 104
#define TF_VECTOR 120
#define TF_RIP 136
#define TF_CS 144
#define TF_RFLAGS 152
#define TF_RSP 160
#define CPU_KERNEL_RSP 16
#define CPU_USER_RSP 24

/* rax..r15 in the order of struct trap_frame */
.macro PUSH_REGS
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
.endm

/* One 16-byte stub per vector: error code (0 if the CPU pushes none), vector. */
	.section .text.entry, "ax"
	.balign	16
	.globl	trap_stubs
	.type	trap_stubs, @function
trap_stubs:
	vector = 0
	.rept	256
	.balign	16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	vector = vector + 1
	.endr
	.size	trap_stubs, . - trap_stubs

/* Whether GS must be swapped is in the saved CS: from ring 3 it must. */
ENTRY_FUNC(trap_common)
	PUSH_REGS
	cld
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
	xor	%ebp, %ebp		/* user frames are no part of a walk */
1:	mov	%rsp, %rdi
	call	trap_dispatch
	.globl	trap_return
trap_return:
	cli
	testb	$3, TF_CS(%rsp)
	jz	2f
	swapgs
2:	POP_REGS
	add	$16, %rsp
	iretq
END(trap_common)

/*
 * SYSCALL: rcx = user rip, r11 = user rflags; interrupts are off by SFMASK.
 * rcx and r11 are lost to the program, so the frame holds rip and rflags there.
 */
ENTRY_FUNC(syscall_entry)
	swapgs
	mov	%rsp, %gs:CPU_USER_RSP
	mov	%gs:CPU_KERNEL_RSP, %rsp
	push	$SEL_UDATA
	push	%gs:CPU_USER_RSP
	push	%r11
	push	$SEL_UCODE
	push	%rcx
	push	$0
	push	$VEC_SYSCALL
	PUSH_REGS
	cld
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	call	syscall_dispatch
	.globl	syscall_return
syscall_return:
	cli
	cmpq	$VEC_SYSCALL, TF_VECTOR(%rsp)
	jne	1f			/* exec, signals: all registers count */
	mov	TF_RIP(%rsp), %rcx
	mov	%rcx, %rax
	shr	$47, %rax		/* SYSRET with a non-canonical rip would */
	jnz	1f			/* fault in ring 0 on the user's stack */
	mov	%rcx, TF_RCX(%rsp)
	mov	TF_RFLAGS(%rsp), %rax
	mov	%rax, TF_R11(%rsp)
	POP_REGS
	mov	24+16(%rsp), %rsp	/* vector, error, rip, cs, rflags; then rsp */
	swapgs
	sysretq
1:	swapgs
	POP_REGS
	add	$16, %rsp
	iretq
END(syscall_entry)

/* void return_to_user(struct trap_frame *tf) */
ENTRY_FUNC(return_to_user)
	cli
	mov	%rdi, %rsp
	swapgs
	POP_REGS
	add	$16, %rsp
	iretq
END(return_to_user)
