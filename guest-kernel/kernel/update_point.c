/*
 * Update points: where a kernel thread's main loop goes over to the version of itself that is in force.
 */
#include <kernel/arch.h>
#include <kernel/module.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trap.h>

#define JUMP 0xe9	/* jmp rel32: what an update makes of a function's first bytes; no function is built with it there */
#define JUMP_SIZE 5

/* Where a call of the function ends up. */
static u64 in_force(u64 function)
{
	while (*(const u8 *)function == JUMP) {
		s32 distance;
		memcpy(&distance, (const void *)(function + 1), sizeof(distance));
		function += JUMP_SIZE + distance;
	}
	return function;
}

/* The function that a call was made from; its return address may lie behind its last byte. */
static u64 caller_of(u64 return_address)
{
	struct ksym s;
	return kallsyms_lookup(return_address - 1, &s) ? s.address : 0;
}

void kthread_update_point(void)
{
	u64 *frame = __builtin_frame_address(0);	/* the caller's rbp, the address that we return to */
	u64 *main_frame = (u64 *)frame[0];
	struct thread *t = current;
	BUG_ON(!irqs_enabled() || this_cpu()->preempt_count);
	BUG_ON(return_address_of(main_frame[1]) != thread_returned);	/* not called by a main function itself */
	/* What is found may change at once, but then it is found at the next point. */
	if (caller_of(return_address_of(frame[1])) != in_force((u64)t->function))
		thread_rerun((u64)&main_frame[1], t->function, t->argument);
}
