/*
 * The callbacks of an update that drains: a thread has left a function, all have, all data is new. Each call runs in a
 * thread of its own, with the budget of callback.h; what becomes of it is noted, and the update goes on in any case.
 */
#ifndef UM_CALLBACKS_H
#define UM_CALLBACKS_H

#include <kernel/types.h>
#include <lucos_abi.h>
#include "verdict.h"

struct update;

struct update_callback {
	u32 kind;	/* enum lucos_callback_kind, from LUCOS_CALLBACK_FUNCTION_LEFT on */
	u32 subject;	/* index of the function, or of the type */
	u64 address;
	bool done;	/* not for FUNCTION_LEFT, which is called for each activation */
};

/* Reads the loaded module's table, startup and cleanup left out. 0, bad-package or no-memory; callbacks_free undoes it. */
u32 callbacks_load(struct update *update, struct verdict *verdict);
void callbacks_free(struct update *update);

void callbacks_function_left(struct update *update, u32 function, int thread);
/* Once for each function. */
void callbacks_threads_left(struct update *update, u32 function);
/* What is left of the former, for all functions. */
void callbacks_all_left(struct update *update);
/* Nobody is left who handles the type. */
void callbacks_type_left(struct update *update, u32 type);
/* What is left of the former, in the order of the types. */
void callbacks_data_left(struct update *update);

/* Whether a call that has overrun its budget still runs: then the update must stay in memory. */
bool callbacks_running(struct update *update);

#endif
