/*
 * long syscall6(long number, long a, long b, long c, long d, long e, long f)
 *
 * Moves C's arguments to where SYSCALL takes them (rax; rdi rsi rdx r10 r8 r9). The kernel keeps every register but rax, and
 * the CPU overwrites rcx and r11, which C expects to lose.
 */
	.text
	.globl syscall6
	.type syscall6, @function
syscall6:
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %r10
	movq %r9, %r8
	movq 8(%rsp), %r9
	syscall
	ret
	.size syscall6, . - syscall6

	.section .note.GNU-stack, "", @progbits
