/* What applying a package would meet: part of a check, so that an operator's plan can tell it. */
#ifndef UM_FORECAST_H
#define UM_FORECAST_H

#include "package.h"
#include "transaction.h"

/*
 * Lines of fields between tabs, in this order; lines that don't fit are left out:
 *
 *	function NAME ACTIVATIONS
 *	type NAME INSTANCES		how many there are now
 *	context THREAD FRAME KIND FUNCTION WAITING-ON THREAD-NAME
 *
 * FUNCTION is the index of a function's line, KIND an enum lucos_context_kind, WAITING-ON empty for a thread that runs.
 */
struct forecast {
	char *text;
	u64 capacity;
	u64 size;
};

/*
 * Loads the verified package, counts who stands in the functions that it replaces, and unloads it again; none of its
 * code runs. The counts go into the verdict's detail as "FUNCTION=N" with blanks between; those that don't fit are left
 * out. All of it goes into `forecast` unless that is NULL. Returns the refusal that loading would come to, else 0. With
 * the transaction lock held.
 */
u32 forecast_make(const struct package *package, struct outcome *outcome, struct forecast *forecast);

#endif
