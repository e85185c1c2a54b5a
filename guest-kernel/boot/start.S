/*
 * The kernel's entries. Two boot protocols, one path:
 *
 *   _start32  PVH (QEMU -kernel): 32-bit protected mode, paging off,
 *             EBX = physical address of hvm_start_info.
 *   _start64  direct boot (Lucos): long mode, low memory identity-mapped,
 *             RSI = physical address of hvm_start_info.
 *
 * Both load the boot page tables, which are filled in at assembly time: the
 * first GiB of RAM at 0, at DIRECT_MAP_BASE and at KERNEL_BASE. mm/paging.c
 * replaces them by tables with the right protections.
 */
#include <kernel/asm.h>
#include <kernel/layout.h>

#define PHYS(symbol) ((symbol) - KERNEL_BASE)

	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 8, 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	PHYS(_start32)

	.section .text.boot, "ax"
	.code32
	.globl	_start32
	.type	_start32, @function
_start32:
	cld
	mov	%ebx, %esi
	lgdt	PHYS(boot_gdt_pointer32)
	mov	$0x20, %eax			/* CR4.PAE */
	mov	%eax, %cr4
	mov	$PHYS(boot_pml4), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx		/* EFER.LME | NXE */
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	%cr0, %eax			/* PG | WP | PE */
	or	$0x80010001, %eax
	mov	%eax, %cr0
	ljmp	$SEL_KCODE, $PHYS(_start64)
	.size	_start32, . - _start32

	.code64
	.globl	_start64
	.type	_start64, @function
_start64:
	cli
	cld
	mov	%esi, %esi			/* below 4 GiB by both protocols */
	mov	$PHYS(boot_pml4), %eax
	mov	%rax, %cr3
	movabs	$1f, %rax
	jmp	*%rax
1:	lgdt	boot_gdt_pointer64(%rip)
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x901, %eax			/* LME | NXE | SCE */
	wrmsr
	mov	$SEL_KDATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lea	boot_stack_top(%rip), %rsp
	push	$SEL_KCODE			/* load CS from our own table */
	lea	2f(%rip), %rax
	push	%rax
	lretq
2:	xor	%ebp, %ebp			/* end of every stack walk */
	mov	%rsi, %rdi
	push	$0
	push	$0
	call	kernel_main			/* does not return */
3:	cli
	hlt
	jmp	3b
	.size	_start64, . - _start64

	.section .data.boot, "aw"
	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* SEL_KCODE: 64-bit code */
	.quad	0x00cf93000000ffff		/* SEL_KDATA */
boot_gdt_end:
boot_gdt_pointer32:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
boot_gdt_pointer64:
	.word	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt

	.balign	PAGE_SIZE
	.globl	boot_pml4			/* CPUs that are started later need it too: arch/ap_start.S */
boot_pml4:
	.quad	PHYS(boot_pdpt_low) + 3
	.fill	255, 8, 0
	.quad	PHYS(boot_pdpt_low) + 3		/* DIRECT_MAP_BASE */
	.fill	254, 8, 0
	.quad	PHYS(boot_pdpt_high) + 3
boot_pdpt_low:
	.quad	PHYS(boot_pd) + 3
	.fill	511, 8, 0
boot_pdpt_high:
	.fill	510, 8, 0
	.quad	PHYS(boot_pd) + 3		/* KERNEL_BASE */
	.quad	0
boot_pd:
	i = 0
	.rept	512
	.quad	(i << 21) + 0x83		/* present, writable, 2 MiB */
	i = i + 1
	.endr

	.section .bss.boot, "aw", @nobits
	.balign	16
	.globl	boot_stack, boot_stack_top
boot_stack:
	.skip	0x4000
boot_stack_top:
