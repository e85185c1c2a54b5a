/* All instances of an update's types, as the server gets them, and what is done to each of them when an update goes on. */
#ifndef UM_INSTANCES_H
#define UM_INSTANCES_H

#include <kernel/types.h>
#include <lucos_abi.h>
#include "verdict.h"

struct update;

struct instances {
	struct lucos_instance_desc *list;	/* one has old address 0 if its old version was freed */
	u32 count;
	u32 capacity;
	bool overflow;		/* there were more than the capacity: grow and look again */
};

/* Room for as many as there are now, and some. 0, no-memory or too-large. Sleeps. */
u32 instances_allocate(struct instances *instances, const struct update *update, struct verdict *verdict);
void instances_free(struct instances *instances);

/*
 * The following with the other CPUs parked, as long as they are which the list holds.
 */

/* Lists all but shadows. An object that is a new version itself (retired in place) has its address as both. */
void instances_find(struct instances *instances, struct update *update);

/* Moves the references to the new versions, or back to the old ones, where the type says how. */
void instances_move(const struct instances *instances, struct update *update, bool to_new);

/* 0, or not-representable with what the old versions can't say. */
u32 instances_representable(const struct instances *instances, const struct update *update, struct verdict *verdict);

/* Makes old versions where there are none, and new ones apart where they lie in place. False: no memory, all as before. */
bool instances_restore_old(const struct instances *instances, struct update *update);
/* Takes that back. `instances` is the list from before. */
void instances_drop_old(const struct instances *instances, struct update *update);

/* Puts new versions in place, where the type is of that kind. */
void instances_put_in_place(const struct instances *instances, struct update *update);

#endif
