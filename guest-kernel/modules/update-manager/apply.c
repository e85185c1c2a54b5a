/*
 * Checking and applying. Applying goes through the steps below, and whatever fails takes back the steps before it, so
 * that a refused update leaves nothing behind:
 *
 *	step					undone by
 *	package_open, kernel_match		(nothing to undo)
 *	update_load				discard: update_unload, or later when its code still runs
 *	startup					cleanup, by discard
 *	data_prepare				data_discard
 *	version suffix				its removal
 *	APPLY					(the server's own undo log)
 */
#include <kernel/lucos.h>
#include <kernel/string.h>
#include "abandoned.h"
#include "callback.h"
#include "data.h"
#include "drain.h"
#include "forecast.h"
#include "history.h"
#include "kernel_match.h"
#include "load.h"
#include "package.h"
#include "pin.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

struct mutex transaction_lock = {
	{ SPINLOCK("lucos"), "lucos", LIST_HEAD_INIT(transaction_lock.waiters.sleepers) }, NULL
};

void outcome_of(struct outcome *outcome, const struct update *update)
{
	outcome->update_id = update->id;
	outcome->state = update->state;
	outcome->activations = update->activations;
	memcpy(outcome->name, update->name, sizeof(outcome->name));
	memcpy(outcome->version, update->version, sizeof(outcome->version));
}

/* The module of an update that was given up is still there, and its name with it. */
static u32 match_abandoned(const struct package *package, struct verdict *verdict)
{
	const char *name = package->manifest.name;

	if (!abandoned_find(name))
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BUSY,
		"%s: an earlier try still has code running (ps: lucos-startup, lucos-cleanup): wait until it has ended", name);
}

/* Package and kernel fit; on refusal it is journalled. */
static u32 verify(struct package *package, const void *image, u64 size, const char *command, struct outcome *outcome)
{
	u32 refusal = package_open(package, image, size, &outcome->verdict);

	if (!refusal) {
		memcpy(outcome->name, package->manifest.name, sizeof(outcome->name));
		memcpy(outcome->version, package->manifest.version, sizeof(outcome->version));
		refusal = match_abandoned(package, &outcome->verdict);
		if (!refusal)
			refusal = kernel_match(package, &outcome->verdict);
	}
	if (refusal)
		history_refused(outcome->name, outcome->version, command, &outcome->verdict);
	return refusal;
}

u32 transaction_check(const void *image, u64 size, struct outcome *outcome, struct forecast *forecast)
{
	struct package package;
	u32 refusal;

	memset(outcome, 0, sizeof(*outcome));
	mutex_lock(&transaction_lock);
	refusal = verify(&package, image, size, "check", outcome);
	if (!refusal)
		refusal = forecast_make(&package, outcome, forecast);
	mutex_unlock(&transaction_lock);
	return refusal;
}

static u32 run_startup(struct update *update, struct verdict *verdict)
{
	switch (callback_run(update, CALLBACK_STARTUP)) {
	case CALLBACK_RETURNED:
		if (!update->callback.result)
			return 0;
		return refuse(verdict, LUCOS_REFUSAL_STARTUP_FAILED, "%s: its startup function returned %d",
			update->name, update->callback.result);
	case CALLBACK_DIED:
		return refuse(verdict, LUCOS_REFUSAL_STARTUP_FAILED,
			"%s: its startup function faulted, the kernel's log says where; no code was changed",
			update->name);
	case CALLBACK_RUNS:
		return refuse(verdict, LUCOS_REFUSAL_STARTUP_FAILED,
			"%s: its startup function has not returned after %u s; no code was changed, its module stays "
			"loaded until it returns", update->name, CALLBACK_SECONDS);
	case CALLBACK_NO_MEMORY:
		break;
	}
	return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for a thread to run its startup function",
		update->name);
}

static u32 add_version(struct update *update, struct verdict *verdict)
{
	if (!version_add_update(update->name))
		return 0;
	return refuse(
		verdict, LUCOS_REFUSAL_TOO_LARGE, "%s: the kernel's version has no room for its name", update->name);
}

/* The steps behind loading. On refusal everything up to and with loading is undone too. */
static u32 install(struct update *update, struct verdict *verdict)
{
	if (run_startup(update, verdict))
		goto discard;
	if (data_prepare(update, verdict))
		goto discard;
	if (add_version(update, verdict))
		goto data;
	if (server_apply(update, verdict))
		goto version;
	list_add_tail(&update->link, &update_list);
	pin();
	return 0;

version:
	version_remove_update(update->name);
data:
	data_discard(update);
discard:
	/* Calls the cleanup function too, if the startup function agreed. */
	if (!discard(update))
		drain_kick();	/* its thread frees it later */
	return verdict->refusal;
}

static u32 apply(const struct package *package, u64 request_id, bool verify_coherence, struct outcome *outcome)
{
	struct update *update = update_load(package, request_id, &outcome->verdict);

	if (update)
		update->verify_coherence = verify_coherence;
	if (!update || install(update, &outcome->verdict)) {
		history_refused(outcome->name, outcome->version, "apply", &outcome->verdict);
		return outcome->verdict.refusal;
	}
	history_note(update->name, update->version, "applied");
	history_note(update->name, update->version, lucos_update_state_name(update->state));
	/* Nobody was in the old code: it can go on to its end at once. */
	if (update->all_left) {
		data_advance(update);
		if (update->state == LUCOS_UPDATE_FINISHED)
			history_note(update->name, update->version, lucos_update_state_name(update->state));
	}
	outcome_of(outcome, update);
	drain_kick();
	return 0;
}

u32 transaction_apply(const void *image, u64 size, u64 request_id, bool verify_coherence, struct outcome *outcome)
{
	struct package package;
	u32 refusal;

	memset(outcome, 0, sizeof(*outcome));
	mutex_lock(&transaction_lock);
	refusal = verify(&package, image, size, "apply", outcome);
	if (!refusal)
		refusal = apply(&package, request_id, verify_coherence, outcome);
	mutex_unlock(&transaction_lock);
	return refusal;
}
