/*
 * Copying where either side may fault.
 */
#include <kernel/asm.h>

#define CHUNK_SHIFT	6
#define CHUNK		(1 << CHUNK_SHIFT)

/* A move that goes on at `fixup` when it faults. */
.macro may_fault fixup:req, insn:vararg
9:	\insn
	.pushsection .ex_table, "a"
	.quad	9b, \fixup
	.popsection
.endm

/*
 * u64 copy_user_bytes(void *dst, const void *src, u64 n)
 * Returns how many bytes were not copied. Chunks are copied with plain moves
 * (see lib/memory.S). What a fault in one leaves, the string instructions try
 * again: a fault in `rep movs` leaves what is left to do in rcx exactly, and
 * trap.c goes on at the second address of ex_table.
 */
FUNC(copy_user_bytes)
	FRAME
	mov	%rdx, %rcx
	shr	$CHUNK_SHIFT, %rcx
	jz	2f
1:	may_fault 2f, mov (%rsi), %r8
	may_fault 2f, mov 8(%rsi), %r9
	may_fault 2f, mov 16(%rsi), %r10
	may_fault 2f, mov 24(%rsi), %r11
	may_fault 2f, mov %r8, (%rdi)
	may_fault 2f, mov %r9, 8(%rdi)
	may_fault 2f, mov %r10, 16(%rdi)
	may_fault 2f, mov %r11, 24(%rdi)
	may_fault 2f, mov 32(%rsi), %r8
	may_fault 2f, mov 40(%rsi), %r9
	may_fault 2f, mov 48(%rsi), %r10
	may_fault 2f, mov 56(%rsi), %r11
	may_fault 2f, mov %r8, 32(%rdi)
	may_fault 2f, mov %r9, 40(%rdi)
	may_fault 2f, mov %r10, 48(%rdi)
	may_fault 2f, mov %r11, 56(%rdi)
	add	$CHUNK, %rsi
	add	$CHUNK, %rdi
	sub	$CHUNK, %rdx
	dec	%rcx
	jnz	1b
2:	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
	may_fault 3f, rep movsq
	mov	%edx, %ecx
	may_fault 4f, rep movsb
	xor	%eax, %eax
	ENDFRAME
	ret
3:	lea	(%rdx,%rcx,8), %rcx
4:	mov	%rcx, %rax
	ENDFRAME
	ret
END(copy_user_bytes)
