/*
 * crt0: the first instruction of every user program.
 *
 * The kernel enters _start with the System V stack: (%rsp) = argc, then argv[0..argc-1], NULL, environment, NULL.
 * Calls main(argc, argv) with a 16-byte aligned stack and ends the process with its result.
 */
#include <uapi/syscall.h>

	.text
	.globl _start
	.type _start, @function
_start:
	xorl %ebp, %ebp			# the outermost frame: stack walkers stop at a zero frame pointer
	movq (%rsp), %rdi
	leaq 8(%rsp), %rsi
	andq $-16, %rsp
	call main
	movl %eax, %edi
	call exit
	ud2
	.size _start, . - _start

/*
 * void __sigreturn(void): where a signal handler returns to; asks the kernel to put back the interrupted context.
 * Never returns.
 */
	.globl __sigreturn
	.type __sigreturn, @function
__sigreturn:
	movl $SYS_sigreturn, %eax
	syscall
	ud2
	.size __sigreturn, . - __sigreturn

	.section .note.GNU-stack, "", @progbits
