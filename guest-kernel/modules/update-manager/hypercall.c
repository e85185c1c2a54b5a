/*
 * The jump behind the OUT ends the monitor's block right after it, so that it can serve the call between two
 * instructions. "memory": the server writes to structures that the arguments point at.
 */
#include "hypercall.h"

noinline s64 hypercall(u32 number, u64 rbx, u64 rcx, u64 rsi, u64 rdi)
{
	s64 result = number;

	asm volatile("out %%eax, %%dx\n\tjmp 1f\n1:"
		: "+a"(result)
		: "d"(LUCOS_HYPERCALL_PORT), "b"(rbx), "c"(rcx), "S"(rsi), "D"(rdi)
		: "memory", "cc");
	return result;
}
