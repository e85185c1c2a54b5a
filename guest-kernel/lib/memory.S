/*
 * memcpy, memmove and memset with string instructions.
 */
#include <kernel/asm.h>

/* void *memcpy(void *dst, const void *src, size_t n); clobbers rcx rsi rdi */
FUNC(memcpy)
	FRAME
	mov	%rdi, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
	rep movsb
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
	jb	1f
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
	rep movsb
	ENDFRAME
	ret
1:	lea	-1(%rdi,%rdx), %rdi
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
	shr	$3, %rcx
	rep stosq
	mov	%edx, %ecx
	and	$7, %ecx
	rep stosb
	mov	%r9, %rax
	ENDFRAME
	ret
END(memset)
