/*
 * Checking and applying. Applying goes through the steps below, and whatever fails takes back the steps before it, so
 * that a refused update leaves nothing behind:
 *
 *	step					undone by
 *	package_open, kernel_match		(nothing to undo)
 *	update_load				update_unload
 *	startup					cleanup
 *	version suffix				its removal
 *	APPLY					(the server's own undo log)
 */
#include <kernel/lucos.h>
#include <kernel/string.h>
#include "drain.h"
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

/* Package and kernel fit; on refusal it is journalled. */
static u32 verify(struct package *package, const void *image, u64 size, const char *command, struct outcome *outcome)
{
	u32 refusal = package_open(package, image, size, &outcome->verdict);

	if (!refusal) {
		memcpy(outcome->name, package->manifest.name, sizeof(outcome->name));
		memcpy(outcome->version, package->manifest.version, sizeof(outcome->version));
		refusal = kernel_match(package, &outcome->verdict);
	}
	if (refusal)
		history_refused(outcome->name, outcome->version, command, &outcome->verdict);
	return refusal;
}

u32 transaction_check(const void *image, u64 size, struct outcome *outcome)
{
	struct package package;
	u32 refusal;

	memset(outcome, 0, sizeof(*outcome));
	mutex_lock(&transaction_lock);
	refusal = verify(&package, image, size, "check", outcome);
	mutex_unlock(&transaction_lock);
	return refusal;
}

static u32 run_startup(struct update *update, struct verdict *verdict)
{
	int result;

	if (!update->startup)
		return 0;
	result = update->startup();
	if (!result)
		return 0;
	return refuse(
		verdict, LUCOS_REFUSAL_STARTUP_FAILED, "%s: its startup function returned %d", update->name, result);
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
		goto unload;
	if (add_version(update, verdict))
		goto cleanup;
	if (server_apply(update, verdict))
		goto version;
	list_add_tail(&update->link, &update_list);
	pin();
	return 0;

version:
	version_remove_update(update->name);
cleanup:
	if (update->cleanup)
		update->cleanup();
unload:
	update_unload(update);
	return verdict->refusal;
}

static u32 apply(const struct package *package, u64 request_id, struct outcome *outcome)
{
	struct update *update = update_load(package, request_id, &outcome->verdict);

	if (!update || install(update, &outcome->verdict)) {
		history_refused(outcome->name, outcome->version, "apply", &outcome->verdict);
		return outcome->verdict.refusal;
	}
	outcome_of(outcome, update);
	history_note(update->name, update->version, "applied");
	history_note(update->name, update->version, lucos_update_state_name(update->state));
	drain_kick();
	return 0;
}

u32 transaction_apply(const void *image, u64 size, u64 request_id, struct outcome *outcome)
{
	struct package package;
	u32 refusal;

	memset(outcome, 0, sizeof(*outcome));
	mutex_lock(&transaction_lock);
	refusal = verify(&package, image, size, "apply", outcome);
	if (!refusal)
		refusal = apply(&package, request_id, outcome);
	mutex_unlock(&transaction_lock);
	return refusal;
}
