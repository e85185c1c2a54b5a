/*
 * Macros for assembly. A FUNC that can be interrupted or can fault begins
 * with FRAME, so that stack walks see the same prologue as in C.
 */
#ifndef KERNEL_ASM_H
#define KERNEL_ASM_H

#define FUNC(name)		\
	.section .text.name, "ax";	\
	.balign 16;		\
	.globl name;		\
	.type name, @function;	\
name:

/*
 * Code that runs with interrupts off, on frames of its own kind: a stack walk
 * does not start from inside of it.
 */
#define ENTRY_FUNC(name)	\
	.section .text.entry, "ax";	\
	.balign 16;		\
	.globl name;		\
	.type name, @function;	\
name:

#define END(name) .size name, . - name

#define FRAME			\
	push	%rbp;		\
	mov	%rsp, %rbp

#define ENDFRAME pop %rbp

#endif
