/*
 * Undoing. The server puts the original bytes back; when nobody stands in the new code any more the module's memory is
 * given back too. Until then the update stays in the list, in state RollingBack or RolledBack.
 */
#include <kernel/lucos.h>
#include <kernel/string.h>
#include "callback.h"
#include "callbacks.h"
#include "data.h"
#include "drain.h"
#include "events.h"
#include "history.h"
#include "load.h"
#include "pin.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

static u32 check_order(struct update *update, struct verdict *verdict)
{
	struct update *above;

	if (!update_in_force(update))
		return refuse(verdict, LUCOS_REFUSAL_WRONG_STATE,
			"%s is %s already: wait until lucosctl status does not list it any more", update->name,
			lucos_update_state_name(update->state));
	above = updates_above(update);
	if (above)
		return refuse(verdict, LUCOS_REFUSAL_UNDO_ORDER, "%s replaces a function of %s again: undo %s first",
			above->name, update->name, above->name);
	above = updates_dependent(update);
	if (above)
		return refuse(verdict, LUCOS_REFUSAL_UNDO_ORDER, "%s depends on %s: undo %s first", above->name,
			update->name, above->name);
	return 0;
}

u32 rollback_begin(struct update *update, u64 request_id, struct outcome *outcome)
{
	/* A transfer may have failed meanwhile: then it is under way already. */
	if (update->state == LUCOS_UPDATE_DRAINING && data_completes(update))
		events_fetch(update);
	if (check_order(update, &outcome->verdict) || server_rollback(update, request_id, &outcome->verdict))
		return outcome->verdict.refusal;

	version_remove_update(update->name);
	history_note(update->name, update->version, lucos_update_state_name(update->state));
	if (update->all_left) {
		data_advance(update);
		if (update->state == LUCOS_UPDATE_ROLLED_BACK)
			history_note(update->name, update->version, lucos_update_state_name(update->state));
	}
	outcome_of(outcome, update);
	if (update->state == LUCOS_UPDATE_ROLLED_BACK)
		rollback_finish(update);
	drain_kick();
	return 0;
}

bool run_cleanup(struct update *update)
{
	char detail[128];

	switch (callback_run(update, CALLBACK_CLEANUP)) {
	case CALLBACK_RETURNED:
		return true;
	case CALLBACK_DIED:
		history_trouble(update->name, update->version, "cleanup-fault",
			"its cleanup function faulted, the kernel's log says where; what it had to end may still be there");
		return true;
	case CALLBACK_RUNS:
		snprintf(detail, sizeof(detail),
			"its cleanup function has not returned after %u s: its module stays loaded until it returns",
			CALLBACK_SECONDS);
		history_trouble(update->name, update->version, "cleanup-slow", detail);
		return false;
	case CALLBACK_NO_MEMORY:
		break;
	}
	return false;
}

/* Calls the cleanup function once; false until it is over. */
static bool cleaned_up(struct update *update)
{
	const struct callback *callback = &update->callback;

	if (callback->kind == CALLBACK_CLEANUP && callback->tid)
		return !callback_running(update);
	return run_cleanup(update);
}

bool rollback_finish(struct update *update)
{
	if (update->module) {
		if (callbacks_running(update) || !module_quiet(update) || !cleaned_up(update))
			return false;
		update_unload_module(update);
	}
	/* Until the server knows, it refuses every other module at these addresses. */
	if (!server_released(update->id))
		return false;
	list_del(&update->link);
	unpin();
	update_unload(update);
	return true;
}

/* `draining_only`: for cancel, which leaves finished updates alone. */
static u32 undo(const char *name, u64 request_id, bool draining_only, struct outcome *outcome)
{
	const char *command = draining_only ? "cancel" : "undo";
	struct update *update;
	u32 refusal;

	memset(outcome, 0, sizeof(*outcome));
	strlcpy(outcome->name, name, sizeof(outcome->name));
	mutex_lock(&transaction_lock);
	update = updates_find(name);
	if (!update)
		refusal = refuse(
			&outcome->verdict, LUCOS_REFUSAL_NO_SUCH_UPDATE, "no update of the name %s is applied", name);
	else if (draining_only && update->state != LUCOS_UPDATE_DRAINING && update->state != LUCOS_UPDATE_COEXISTING)
		refusal = refuse(&outcome->verdict, LUCOS_REFUSAL_WRONG_STATE, "%s is %s, not under way", name,
			lucos_update_state_name(update->state));
	else
		refusal = rollback_begin(update, request_id, outcome);
	if (refusal)
		history_refused(name, update ? update->version : "", command, &outcome->verdict);
	mutex_unlock(&transaction_lock);
	return refusal;
}

u32 transaction_undo(const char *name, u64 request_id, struct outcome *outcome)
{
	return undo(name, request_id, false, outcome);
}

u32 transaction_cancel(const char *name, u64 request_id, struct outcome *outcome)
{
	return undo(name, request_id, true, outcome);
}
