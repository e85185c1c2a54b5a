/* See abandoned.h. */
#include <kernel/string.h>
#include "abandoned.h"
#include "callback.h"
#include "callbacks.h"
#include "history.h"
#include "load.h"
#include "pin.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

static LIST(abandoned);

/* A startup function that agreed, if too late, is answered by the cleanup function. */
static bool owes_cleanup(const struct update *update)
{
	const struct callback *callback = &update->callback;

	return callback->kind == CALLBACK_STARTUP && callback->returned && callback->result == 0 && update->cleanup;
}

static bool can_be_freed(struct update *update)
{
	if (callback_running(update) || callbacks_running(update) || (owes_cleanup(update) && !run_cleanup(update)))
		return false;
	return module_quiet(update);
}

bool discard(struct update *update)
{
	if (can_be_freed(update)) {
		update_unload(update);
		return true;
	}
	list_add_tail(&update->link, &abandoned);
	pin();
	return false;
}

struct update *abandoned_find(const char *name)
{
	struct update *update;

	list_for_each(update, &abandoned, link) {
		if (!strcmp(update->name, name))
			return update;
	}
	return NULL;
}

bool abandoned_advance(void)
{
	struct update *update, *next;

	list_for_each_safe(update, next, &abandoned, link) {
		if (!can_be_freed(update))
			continue;
		history_note(update->name, update->version, "unloaded");
		list_del(&update->link);
		unpin();
		update_unload(update);
	}
	return !list_empty(&abandoned);
}
