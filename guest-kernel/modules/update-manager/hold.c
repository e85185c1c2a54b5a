/* See hold.h. Lists are allocated before anybody is parked, and grow by starting over. */
#include "hold.h"
#include <kernel/ipi.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include "updates.h"

#define FIRST_CAPACITY 64
#define TRANSFER_TRIES 64

static u32 allocate(struct hold *hold, struct update *update, u32 contexts, struct verdict *verdict)
{
	memset(hold, 0, sizeof(*hold));
	if (contexts > LUCOS_MAX_CONTEXTS)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "%s: more than %u contexts stand in its functions",
			update->name, LUCOS_MAX_CONTEXTS);
	if (activations_allocate(&hold->activations, update, contexts))
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to list %u contexts", update->name,
			contexts);
	if (!instances_allocate(&hold->instances, update, verdict) &&
		!instances_allocate(&hold->restored, update, verdict) &&
		!ranges_allocate(&hold->ranges, update, verdict))
		return 0;
	hold_free(hold);
	return verdict->refusal;
}

static u32 broken(const struct activations *activations, const struct update *update, struct verdict *verdict)
{
	return refuse(verdict, LUCOS_REFUSAL_UNRELOCATABLE_CONTEXT, "%s: the stack of thread %d can't be walked: %s",
		update->name, activations->broken_thread, activations->broken);
}

u32 hold_begin(struct hold *hold, struct update *update, enum version version, struct verdict *verdict)
{
	u32 contexts = FIRST_CAPACITY;

	for (;;) {
		if (allocate(hold, update, contexts, verdict))
			return verdict->refusal;
		cpus_park();
		activations_find(&hold->activations, update, version);
		instances_find(&hold->instances, update);
		ranges_find(&hold->ranges, update);
		if (!hold->activations.overflow && !hold->activations.broken && !hold->instances.overflow &&
			!hold->ranges.overflow)
			return 0;
		cpus_release();
		hold_free(hold);
		if (hold->activations.broken)
			return broken(&hold->activations, update, verdict);
		if (hold->activations.overflow)
			contexts *= 2;
	}
}

static u32 unfit_once(const struct hold *hold, const struct update *update, struct verdict *verdict)
{
	if (!types_any(update, type_is_once) || !hold->activations.interrupted)
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BUSY,
		"%s: its data is transferred once, and thread %d has been interrupted in its functions, or others were, at each of "
		"%u instants: try again",
		update->name, hold->activations.interrupted_thread, TRANSFER_TRIES);
}

static u32 unfit_in_place(const struct hold *hold, const struct update *update, enum version version, struct verdict *verdict)
{
	u32 contexts = hold->activations.count + hold->activations.outside;

	if (version != NEW_CODE || update->phase != DATA_RETIRED || !types_any(update, type_is_in_place) || !contexts)
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BUSY,
		"%s: its data lies in place, and at each of %u instants somebody stood in its code, at the last one %u contexts: "
		"try again when they have left it",
		update->name, TRANSFER_TRIES, contexts);
}

u32 hold_begin_transfer(struct hold *hold, struct update *update, enum version version, struct verdict *verdict)
{
	for (u32 tries = 0; tries < TRANSFER_TRIES; tries++) {
		verdict->refusal = 0;
		verdict->detail[0] = 0;
		if (hold_begin(hold, update, version, verdict))
			return verdict->refusal;
		if (!unfit_once(hold, update, verdict) && !unfit_in_place(hold, update, version, verdict))
			return 0;
		hold_release(hold);
		hold_free(hold);
		sleep_ns(NS_PER_TICK);
	}
	return verdict->refusal;
}

void hold_release(struct hold *hold)
{
	cpus_release();
}

void hold_free(struct hold *hold)
{
	activations_free(&hold->activations);
	instances_free(&hold->instances);
	instances_free(&hold->restored);
	ranges_free(&hold->ranges);
}

u32 hold_look(struct hold *hold, struct update *update, enum version version, struct verdict *verdict)
{
	activations_find(&hold->activations, update, version);
	if (hold->activations.broken)
		return broken(&hold->activations, update, verdict);
	if (hold->activations.overflow)
		return refuse(verdict, LUCOS_REFUSAL_BUSY, "%s: more than %u contexts stand in it at this instant",
			update->name, hold->activations.capacity);
	return 0;
}
