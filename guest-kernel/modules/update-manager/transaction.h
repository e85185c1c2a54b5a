/*
 * What the Update Manager can do, for all who ask: /dev/lucos, the doorbell, the drain thread. One transaction at a
 * time; each takes the lock itself. All may sleep. Each returns 0 or the refusal, whose words are in the verdict.
 */
#ifndef UM_TRANSACTION_H
#define UM_TRANSACTION_H

#include <kernel/types.h>
#include <kernel/mutex.h>
#include "verdict.h"

struct forecast;
struct update;

/* What became of a request. `name` is empty when the package was too broken to tell it. */
struct outcome {
	struct verdict verdict;
	u32 update_id;
	u32 state;		/* enum lucos_update_state */
	u32 activations;
	char name[64];
	char version[32];
};

/* `forecast` takes what applying it would meet, see forecast.h; NULL: not asked for. */
u32 transaction_check(const void *image, u64 size, struct outcome *outcome, struct forecast *forecast);
/* `verify_coherence`: the server keeps a ledger of all stores to changed data, and checks every transfer. */
u32 transaction_apply(
	const void *image, u64 size, u64 request_id, bool verify_coherence, struct outcome *outcome);
u32 transaction_undo(const char *name, u64 request_id, struct outcome *outcome);
/* Undoes an update that is still draining; any other state is refused. */
u32 transaction_cancel(const char *name, u64 request_id, struct outcome *outcome);

/* Guards the list of updates and everything in it. */
extern struct mutex transaction_lock;

/* The parts, with the lock held. */
void outcome_of(struct outcome *outcome, const struct update *update);
/* Runs the cleanup function; what goes wrong in it is written down. False: it still runs, or could not be started. */
bool run_cleanup(struct update *update);
u32 rollback_begin(struct update *update, u64 request_id, struct outcome *outcome);
/*
 * Cleanup, unload, RELEASED, out of the list: once RolledBack and nobody is in the module. False: somebody is, or RELEASED was
 * refused.
 */
bool rollback_finish(struct update *update);

#endif
