/*
 * Undoing. The server puts the original bytes back; when nobody stands in the new code any more the module's memory is
 * given back too. Until then the update stays in the list, in state RollingBack or RolledBack.
 */
#include <kernel/lucos.h>
#include <kernel/string.h>
#include "drain.h"
#include "history.h"
#include "load.h"
#include "pin.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

static bool in_force(const struct update *update)
{
	return update->state != LUCOS_UPDATE_ROLLING_BACK && update->state != LUCOS_UPDATE_ROLLED_BACK;
}

static u32 check_order(struct update *update, struct verdict *verdict)
{
	struct update *above;

	if (!in_force(update))
		return refuse(verdict, LUCOS_REFUSAL_WRONG_STATE, "%s is %s already", update->name,
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
	if (check_order(update, &outcome->verdict) || server_rollback(update, request_id, &outcome->verdict))
		return outcome->verdict.refusal;

	version_remove_update(update->name);
	history_note(update->name, update->version, lucos_update_state_name(update->state));
	outcome_of(outcome, update);
	if (update->state == LUCOS_UPDATE_ROLLED_BACK)
		rollback_finish(update);
	drain_kick();
	return 0;
}

bool rollback_finish(struct update *update)
{
	u32 id = update->id;

	if (!module_quiet(update))
		return false;
	if (update->cleanup)
		update->cleanup();
	list_del(&update->link);
	unpin();
	update_unload(update);
	server_released(id);
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
