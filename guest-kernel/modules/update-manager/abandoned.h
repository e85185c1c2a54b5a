/*
 * Updates that are in force no more, or never were, whose module can't be freed yet: a startup or cleanup function has
 * not returned within its budget, or left a thread in the module. The drain thread frees them when that is over.
 */
#ifndef UM_ABANDONED_H
#define UM_ABANDONED_H

#include <kernel/types.h>

struct update;

/* Unloads an update that is in no list, now or later. True: now. With the transaction lock held, as all of these. */
bool discard(struct update *update);
/* The abandoned update of that name; NULL when there is none. */
struct update *abandoned_find(const char *name);
/* Frees what can be freed; whether anything is left. */
bool abandoned_advance(void);

#endif
