/*
 * The first instructions of the CPUs that the boot CPU starts. A copy of
 * ap_trampoline lies at TRAMPOLINE_PHYS, where the start-up message sends them
 * in real mode (Intel SDM vol. 3 section 9.4). It knows nothing but addresses
 * that are fixed when the kernel is linked, so it is the same for all of them.
 */
#include <kernel/asm.h>
#include <kernel/layout.h>

#define PHYS(symbol) ((symbol) - KERNEL_BASE)
#define IN_COPY(label) (TRAMPOLINE_PHYS + (label) - ap_trampoline)
#define SEL_CODE32 0x18
#define LAPIC_ID 0x20

	.section .rodata.ap_trampoline, "a"
	.balign	16
	.globl	ap_trampoline, ap_trampoline_end
ap_trampoline:
	.code16
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	ap_gdt_pointer - ap_trampoline
	mov	$1, %eax			/* PE; caches on */
	mov	%eax, %cr0
	ljmpl	$SEL_CODE32, $IN_COPY(1f)

	.code32
1:	mov	$SEL_KDATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x20, %eax			/* CR4.PAE */
	mov	%eax, %cr4
	mov	$PHYS(boot_pml4), %eax		/* maps low memory at its own address */
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx		/* EFER.LME | NXE */
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$0x80010011, %eax		/* PG | WP | ET | PE */
	mov	%eax, %cr0
	ljmp	$SEL_KCODE, $PHYS(ap_start64)

	.balign	8
ap_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* SEL_KCODE: 64-bit code */
	.quad	0x00cf93000000ffff		/* SEL_KDATA */
	.quad	0x00cf9b000000ffff		/* SEL_CODE32 */
ap_gdt_pointer:
	.word	. - ap_gdt - 1
	.long	IN_COPY(ap_gdt)
ap_trampoline_end:

/* The stack is the one that smp_start made for this APIC id; without one this CPU came too late and stays out. */
	.section .text.boot, "ax"
	.code64
	.globl	ap_start64
	.type	ap_start64, @function
ap_start64:
	movabs	$1f, %rax
	jmp	*%rax
1:	mov	kernel_cr3(%rip), %rax
	mov	%rax, %cr3
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	movabs	$LAPIC_BASE + LAPIC_ID, %rax
	mov	(%rax), %edi
	shr	$24, %edi
	lea	ap_stacks(%rip), %rax
	mov	(%rax,%rdi,8), %rsp
	test	%rsp, %rsp
	jz	2f
	xor	%ebp, %ebp			/* end of every stack walk */
	push	$0
	push	$0
	call	smp_cpu_main			/* does not return */
2:	cli
	hlt
	jmp	2b
	.size	ap_start64, . - ap_start64
