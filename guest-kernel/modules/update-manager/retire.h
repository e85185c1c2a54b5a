/* Taking the version that was left out of use: steps 11 to 14 of the protocol, and their like at a roll-back. */
#ifndef UM_RETIRE_H
#define UM_RETIRE_H

#include "hold.h"
#include "verdict.h"

struct update;

/* With the other CPUs parked, when nobody is in the old code: only the new versions are in use from here on. */
u32 retire_held(struct update *update, struct hold *hold, struct verdict *verdict);
/* The same, from the outside. Sleeps. */
u32 retire(struct update *update, struct verdict *verdict);
/* When nobody is left who may know of them: frees the old versions that references were moved from. Sleeps. */
u32 retire_free_moved(struct update *update, struct verdict *verdict);

/* With the other CPUs parked, when nobody is in the new code at a roll-back: only the old versions are in use from here on. */
u32 retire_new_held(struct update *update, struct verdict *verdict);

#endif
