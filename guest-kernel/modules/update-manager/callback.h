/*
 * Running an update's startup and cleanup functions. They are its author's code and may fault or never return, so each
 * runs in a kernel thread of its own while whoever holds the transaction lock waits for it, but not for longer than the budget.
 */
#ifndef UM_CALLBACK_H
#define UM_CALLBACK_H

#include <kernel/types.h>

#define CALLBACK_SECONDS 5	/* of guest time */

struct update;

enum callback_kind { CALLBACK_STARTUP, CALLBACK_CLEANUP };

enum callback_end {
	CALLBACK_RETURNED,
	CALLBACK_DIED,		/* its thread was killed for a fault, or ended itself */
	CALLBACK_RUNS,		/* the budget is over, and it has not returned: its module must stay */
	CALLBACK_NO_MEMORY,	/* it was not called */
};

/* One call; part of the update, which therefore stays until callback_running is false. */
struct callback {
	enum callback_kind kind;
	int tid;		/* 0: never called */
	bool returned;
	int result;		/* a startup function's */
};

/* Calls it, unless the update has none of that kind (CALLBACK_RETURNED, result 0). Sleeps. */
enum callback_end callback_run(struct update *update, enum callback_kind kind);
/* Whether the last call's thread still exists. */
bool callback_running(const struct update *update);

#endif
