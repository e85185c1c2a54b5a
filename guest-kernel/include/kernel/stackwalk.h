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
	u64 slot;		/* where rip is stored */
	enum frame_kind kind;
	u32 depth;		/* 0: innermost */
	struct trap_frame *frame;	/* FRAME_INTERRUPT: the frame */
	/* Once stack_walk_next is false: why it ended before the stack's end. */
	const char *broken;	/* NULL: the walk is complete */
	/* Private. */
	u64 low, high, rbp, next_slot, rsp;
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

#endif
