/* See events.h. */
#include "callbacks.h"
#include "events.h"
#include "history.h"
#include "hypercall.h"
#include "server.h"
#include "types.h"
#include "updates.h"
#include <kernel/lucos.h>
#include <kernel/string.h>

#define AT_ONCE 32

/* The old code is in force again: what is left is to wait for those in the new code. */
static void failed(struct update *update)
{
	struct lucos_update_status status;

	update->phase = update->type_count ? DATA_FAILED : DATA_INACTIVE;
	update->failed = true;
	update->all_left = false;
	update->state = LUCOS_UPDATE_ROLLING_BACK;
	version_remove_update(update->name);
	history_trouble(update->name, update->version, "failed",
		server_query(update->id, &status) ? status.detail : "the Update Server put the old code back");
}

/* Callbacks are about the old version being left by code, not about the new one at a roll-back or after the retiring. */
static bool has_callbacks(const struct update *update)
{
	return update->state == LUCOS_UPDATE_DRAINING && !update->retired;
}

static void act(struct update *update, const struct lucos_event *event)
{
	switch (event->kind) {
	case LUCOS_EVENT_FUNCTION_LEFT:
		if (has_callbacks(update) && event->function < update->function_count)
			callbacks_function_left(update, event->function, event->thread_id);
		break;
	case LUCOS_EVENT_THREADS_LEFT:
		if (has_callbacks(update) && event->function < update->function_count)
			callbacks_threads_left(update, event->function);
		break;
	case LUCOS_EVENT_TYPE_LEFT:
		if (has_callbacks(update) && event->function < update->type_count)
			callbacks_type_left(update, event->function);
		break;
	case LUCOS_EVENT_ALL_LEFT:
		update->all_left = true;
		break;
	case LUCOS_EVENT_FAILED:
		failed(update);
		break;
	}
}

static u32 fetch(struct update *update, struct lucos_event *events, u32 room)
{
	s64 count = hypercall(LUCOS_HC_EVENTS, update->id, (u64)events, room, 0);

	return count < 0 ? 0 : MIN((u64)count, room);
}

void events_fetch(struct update *update)
{
	struct lucos_event events[AT_ONCE];
	u32 count;

	if (update->failed && update->state != LUCOS_UPDATE_ROLLING_BACK)
		failed(update);
	do {
		count = fetch(update, events, AT_ONCE);
		for (u32 i = 0; i < count; i++)
			act(update, &events[i]);
	} while (count == AT_ONCE);
}

void events_fetch_parked(struct update *update)
{
	struct lucos_event event;

	while (fetch(update, &event, 1)) {
		if (event.kind == LUCOS_EVENT_ALL_LEFT)
			update->all_left = true;
		if (event.kind == LUCOS_EVENT_FAILED)
			update->failed = true;
	}
}
