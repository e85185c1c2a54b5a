/*
 * The declared scratch of types that are transferred once: the live objects of a slab cache, to which their transfers may
 * write too, as the server gets them.
 */
#ifndef UM_RANGES_H
#define UM_RANGES_H

#include <kernel/types.h>
#include <lucos_abi.h>
#include "verdict.h"

struct update;

struct ranges {
	struct lucos_writable_range *list;
	u32 count;
	u32 capacity;
	bool overflow;		/* there were more than the capacity: grow and look again */
};

/* Room for as many as there are now, and some. 0, no-memory or too-large. Sleeps. */
u32 ranges_allocate(struct ranges *ranges, const struct update *update, struct verdict *verdict);
void ranges_free(struct ranges *ranges);

/* With the other CPUs parked, as long as they are which the list holds. */
void ranges_find(struct ranges *ranges, const struct update *update);

#endif
