/*
 * memcpy, memmove and memset. An emulated CPU takes every round of a string
 * instruction as a block of its own, so most is done with plain moves, 64 bytes
 * a block; string instructions do the rest.
 */
#include <kernel/asm.h>

#define CHUNK_SHIFT	6
#define CHUNK		(1 << CHUNK_SHIFT)

/* rdx bytes from (rsi) to (rdi), forwards; clobbers rcx rdx rsi rdi r8-r11 */
.macro copy_forwards
	mov	%rdx, %rcx
	shr	$CHUNK_SHIFT, %rcx
	jz	2f
1:	mov	(%rsi), %r8
	mov	8(%rsi), %r9
	mov	16(%rsi), %r10
	mov	24(%rsi), %r11
	mov	%r8, (%rdi)
	mov	%r9, 8(%rdi)
	mov	%r10, 16(%rdi)
	mov	%r11, 24(%rdi)
	mov	32(%rsi), %r8
	mov	40(%rsi), %r9
	mov	48(%rsi), %r10
	mov	56(%rsi), %r11
	mov	%r8, 32(%rdi)
	mov	%r9, 40(%rdi)
	mov	%r10, 48(%rdi)
	mov	%r11, 56(%rdi)
	add	$CHUNK, %rsi
	add	$CHUNK, %rdi
	dec	%rcx
	jnz	1b
2:	mov	%edx, %ecx
	and	$(CHUNK - 1), %ecx
	shr	$3, %ecx
	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
	rep movsb
.endm

/* void *memcpy(void *dst, const void *src, size_t n); clobbers rcx rdx rsi rdi r8-r11 */
FUNC(memcpy)
	FRAME
	mov	%rdi, %rax
	copy_forwards
	ENDFRAME
	ret
END(memcpy)

/* void *memmove(void *dst, const void *src, size_t n) */
FUNC(memmove)
	FRAME
	mov	%rdi, %rax
	mov	%rdi, %r8
	sub	%rsi, %r8
	cmp	%rdx, %r8		/* 0 <= dst - src < n: copy backwards */
	jb	3f
	copy_forwards			/* dst < src: each store lies below what is loaded after it, or was loaded before */
	ENDFRAME
	ret
3:	lea	-1(%rdi,%rdx), %rdi
	lea	-1(%rsi,%rdx), %rsi
	mov	%rdx, %rcx
	std
	rep movsb
	cld
	ENDFRAME
	ret
END(memmove)

/* void *memset(void *dst, int c, size_t n) */
FUNC(memset)
	FRAME
	mov	%rdi, %r9
	movzbl	%sil, %eax
	movabs	$0x0101010101010101, %rcx
	imul	%rcx, %rax
	mov	%rdx, %rcx
	shr	$CHUNK_SHIFT, %rcx
	jz	2f
1:	mov	%rax, (%rdi)
	mov	%rax, 8(%rdi)
	mov	%rax, 16(%rdi)
	mov	%rax, 24(%rdi)
	mov	%rax, 32(%rdi)
	mov	%rax, 40(%rdi)
	mov	%rax, 48(%rdi)
	mov	%rax, 56(%rdi)
	add	$CHUNK, %rdi
	dec	%rcx
	jnz	1b
2:	mov	%edx, %ecx
	and	$(CHUNK - 1), %ecx
	shr	$3, %ecx
	rep stosq
	mov	%edx, %ecx
	and	$7, %ecx
	rep stosb
	mov	%r9, %rax
	ENDFRAME
	ret
END(memset)
