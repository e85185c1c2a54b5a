/*
 * Walks kernel stacks by frame pointers. See TRICKS.md for what makes it
 * exact. Addresses that cannot be walked further are reported, never guessed.
 *
 *	struct stack_walk w;
 *	stack_walk_thread(&w, t);
 *	while (stack_walk_next(&w))
 *		... w.rip, w.slot, w.kind, w.depth ...
 *	if (w.broken) ...
 *
 * Values of kind are those of lucos_context_desc.
 */
#ifndef KERNEL_STACKWALK_H
#define KERNEL_STACKWALK_H

#include <kernel/types.h>
#include <kernel/list.h>

struct thread;
struct trap_frame;

enum frame_kind {
	FRAME_INTERRUPT = 1,	/* rip of a trap frame: where it was interrupted */
	FRAME_SWITCHED = 2,	/* rip of the switch frame of a thread not running */
	FRAME_RETURN = 3,	/* return address in a function's frame */
};

struct stack_walk {
	/* The frame stack_walk_next stopped at. */
	u64 rip;		/* for FRAME_RETURN the address behind the call */
	u64 slot;		/* where rip is stored, or the stub that stands for it */
	enum frame_kind kind;
	u32 depth;		/* 0: innermost */
	struct trap_frame *frame;	/* FRAME_INTERRUPT: the frame */
	/*
	 * Where the function that rip lies in will find its return address when it
	 * returns, and that address; both 0 if it has none (thread_entry, user code, or the walk
	 * breaks here). What was called from entry code has one: trap_return or syscall_return.
	 */
	u64 return_slot, return_address;
	/* Once stack_walk_next is false: why it ended before the stack's end. */
	const char *broken;	/* NULL: the walk is complete */
	/* Private. */
	u64 low, high, rbp, rsp;
	enum { WALK_RETURN, WALK_TRAP, WALK_SWITCH, WALK_END } next;
};

/*
 * For the running thread itself it starts at the caller's frame; for one that
 * another CPU runs, at the handler that keeps that CPU parked (cpus_park), and
 * is broken if none does. Between cpus_park and cpus_release the walk of every
 * thread is true; else t must be unable to run.
 */
void stack_walk_thread(struct stack_walk *w, struct thread *t);
/* The running thread from its frame pointer, or from an interrupted frame. */
void stack_walk_frame(struct stack_walk *w, struct trap_frame *tf);
bool stack_walk_next(struct stack_walk *w);

/*
 * Code without symbols whose pieces of `stride` bytes each begin with a copy
 * of a function's first instructions (displaced by an update). Registered so
 * that a walk from inside of it is exact.
 */
struct code_region {
	struct list_head link;
	u64 start, size, stride;
};

void code_region_add(struct code_region *r);
void code_region_remove(struct code_region *r);

/*
 * Addresses that may stand on stacks in the place of return addresses, and what
 * they stand for. Walks, and so backtraces too, show the true addresses.
 */
struct return_stubs {
	u64 start, size;
	u64 (*resolve)(u64 stub);	/* 0: for nothing. Any context, must not sleep */
};

/* One at a time: -EBUSY. Taken away with NULL; then `resolve` is called no more when this returns. Sleeps. */
int return_stubs_set(const struct return_stubs *stubs);
/* The address itself, or what the stub at it stands for; 0 for a stub that stands for nothing. */
u64 return_address_of(u64 address);

#endif
