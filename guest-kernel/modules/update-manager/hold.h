/*
 * An instant of the guest's time: the other CPUs are parked and preemption is off, and everybody who stands in an update's
 * code, and every instance of its types, has been listed. What was found holds until the end.
 */
#ifndef UM_HOLD_H
#define UM_HOLD_H

#include "activations.h"
#include "instances.h"
#include "ranges.h"
#include "verdict.h"

struct update;

struct hold {
	struct activations activations;
	struct instances instances;
	struct instances restored;	/* room for as many: what a roll-back makes of them */
	struct ranges ranges;
};

/* Walks with the other CPUs parked, and leaves them so. Otherwise a refusal, with all CPUs running. Sleeps first. */
u32 hold_begin(struct hold *hold, struct update *update, enum version version, struct verdict *verdict);
/*
 * The same for the instant at which state is transferred. Where that happens once, it waits for an instant at which nobody has
 * been interrupted in the version: whoever gave the CPU away there stands where the author says that the data is not used any more,
 * but an interrupt comes between any two instructions. Where data that lies in place is taken apart, for an instant at which
 * nobody stands in the new code. `busy` if no such instant comes.
 */
u32 hold_begin_transfer(struct hold *hold, struct update *update, enum version version, struct verdict *verdict);
/* Lets the CPUs go; the lists stay. */
void hold_release(struct hold *hold);
void hold_free(struct hold *hold);

/* Within: who stands in the other version. A refusal if that can't be told at this instant. */
u32 hold_look(struct hold *hold, struct update *update, enum version version, struct verdict *verdict);

#endif
