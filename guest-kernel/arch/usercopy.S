/*
 * Copying where either side may fault.
 */
#include <kernel/asm.h>

/*
 * u64 copy_user_bytes(void *dst, const void *src, u64 n)
 * Returns how many bytes were not copied. A fault in `rep movs` leaves what is
 * left to do in rcx, and trap.c goes on at the second address of ex_table.
 */
FUNC(copy_user_bytes)
	FRAME
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
1:	rep movsq
	mov	%edx, %ecx
2:	rep movsb
	xor	%eax, %eax
	ENDFRAME
	ret
3:	lea	(%rdx,%rcx,8), %rcx
4:	mov	%rcx, %rax
	ENDFRAME
	ret
END(copy_user_bytes)

	.section .ex_table, "a"
	.quad	1b, 3b
	.quad	2b, 4b
