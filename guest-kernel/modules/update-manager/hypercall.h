/*
 * The way to the Update Server: OUT to its port, with the number in EAX and the arguments in RBX, RCX, RSI and RDI.
 * What comes back in RAX is a value, or a refusal code made negative. Everything else is preserved.
 */
#ifndef UM_HYPERCALL_H
#define UM_HYPERCALL_H

#include <kernel/types.h>
#include <lucos_abi.h>

s64 hypercall(u32 number, u64 rbx, u64 rcx, u64 rsi, u64 rdi);

static inline s64 hypercall1(u32 number, const void *argument)
{
	return hypercall(number, (u64)argument, 0, 0, 0);
}

#endif
