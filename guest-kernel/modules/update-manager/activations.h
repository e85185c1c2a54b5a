/*
 * Who stands where: all saved instruction pointers and return addresses on all kernel stacks that lie in given code.
 */
#ifndef UM_ACTIVATIONS_H
#define UM_ACTIVATIONS_H

#include <kernel/types.h>
#include <lucos_abi.h>
#include "code_spans.h"

struct update;

/* Which code to look for. */
enum version {
	OLD_CODE,	/* what the update replaces: the booted function and older updates' versions of it */
	NEW_CODE,	/* what the update brought, displaced instructions in its relocation area too */
};

struct activations {
	struct code_spans spans;
	struct lucos_context_desc *contexts;
	u32 count;
	u32 capacity;
	u32 outside;		/* NEW_CODE: addresses elsewhere in the module, which keep it from being unloaded */
	u32 interrupted;	/* those that an interrupt came into, or into what they called: they may be anywhere in it */
	int interrupted_thread;	/* one of their threads */
	int broken_thread;	/* thread whose stack could not be walked to its end; 0: none */
	const char *broken;	/* why */
	bool overflow;		/* there were more than the capacity: grow and look again */
};

/* For walks for one update, as the list of updates is now. 0 or -ENOMEM. Sleeps. */
int activations_allocate(struct activations *activations, const struct update *update, u32 capacity);
void activations_free(struct activations *activations);

/*
 * Looks. The caller has parked the other CPUs (cpus_park), and what is found holds until it releases them: no other thread
 * runs, and interrupt handlers come and go without leaving a frame. Counts per function go to update->functions[].
 */
void activations_find(struct activations *activations, struct update *update, enum version version);

/* Places that the update's jumps may need a copy of displaced instructions for: each function, and each older version
 * of it. */
u32 activations_places(const struct update *update);

#endif
