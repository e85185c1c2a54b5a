/* See data.h. */
#include <kernel/string.h>
#include <kernel/vmm.h>
#include "callbacks.h"
#include "data.h"
#include "events.h"
#include "hypercall.h"
#include "retire.h"
#include "twins.h"
#include "types.h"
#include "updates.h"

#define TRANSFER_STACK_BYTES (4 * PAGE_SIZE)

bool data_completes(const struct update *update)
{
	return update->type_count || update->callback_count;
}

enum version data_awaited(const struct update *update)
{
	return update->state == LUCOS_UPDATE_ROLLING_BACK || update->retired ? NEW_CODE : OLD_CODE;
}

/* As large as the largest version. */
static u64 scratch_bytes(const struct update *update)
{
	u64 size = 0;

	for (u32 i = 0; i < update->type_count; i++) {
		size = MAX(size, type_new_bytes(&update->types[i]));
		size = MAX(size, (u64)update->types[i].declared.old_size);
	}
	return ALIGN_UP(size, PAGE_SIZE);
}

u32 data_prepare(struct update *update, struct verdict *verdict)
{
	if (!update->type_count)
		return 0;
	update->transfer_stack = vmalloc(TRANSFER_STACK_BYTES);
	update->transfer_stack_size = TRANSFER_STACK_BYTES;
	update->scratch_size = scratch_bytes(update);
	update->scratch = vmalloc(update->scratch_size);
	if (!update->transfer_stack || !update->scratch)
		refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for its state transfers", update->name);
	else
		twins_prepare(update, verdict);
	if (verdict->refusal)
		data_discard(update);
	return verdict->refusal;
}

void data_discard(struct update *update)
{
	update->phase = DATA_INACTIVE;
	twins_discard(update);
	if (update->transfer_stack)
		vfree(update->transfer_stack);
	if (update->scratch)
		vfree(update->scratch);
	update->transfer_stack = update->scratch = NULL;
}

void data_before_apply(struct update *update)
{
	twins_make_shadows(update);
}

void data_applied(struct update *update, struct hold *hold)
{
	struct verdict verdict = { 0 };

	if (!data_completes(update))
		return;
	if (update->type_count) {
		update->phase = DATA_COEXISTS;
		types_set_state(update, LUCOS_TYPE_COEXISTS);
	}
	events_fetch_parked(update);
	/* If that can't be at this instant the drain thread tries again. */
	if (update->all_left && update->type_count)
		retire_held(update, hold, &verdict);
}

static u32 restore(struct update *update, struct hold *hold, struct verdict *verdict)
{
	if (update->phase != DATA_RETIRED) {
		instances_find(&hold->restored, update);
		return 0;
	}
	if (!instances_restore_old(&hold->instances, update))
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for old versions of its data", update->name);
	instances_find(&hold->restored, update);
	instances_move(&hold->restored, update, false);
	return 0;
}

u32 data_before_rollback(struct update *update, struct hold *hold, struct verdict *verdict)
{
	/* What was said before is about the way forward. */
	events_fetch_parked(update);
	if (update->failed)
		return refuse(verdict, LUCOS_REFUSAL_WRONG_STATE, "%s failed, and rolls back by itself", update->name);
	if (!update->type_count)
		return 0;
	if (instances_representable(&hold->instances, update, verdict) || restore(update, hold, verdict))
		return verdict->refusal;
	types_set_state(update, LUCOS_TYPE_COEXISTS);
	return 0;
}

void data_rollback_refused(struct update *update, struct hold *hold)
{
	if (update->phase != DATA_RETIRED)
		return;
	types_set_state(update, LUCOS_TYPE_RETIRED);
	instances_move(&hold->restored, update, true);
	instances_drop_old(&hold->instances, update);
}

void data_rolled_back(struct update *update, struct hold *hold)
{
	struct verdict verdict = { 0 };

	update->retired = false;
	update->all_left = false;
	if (!data_completes(update))
		return;
	if (update->type_count)
		update->phase = DATA_COEXISTS;
	events_fetch_parked(update);
	if (update->all_left && update->type_count)
		retire_new_held(update, &verdict);
}

static void say_complete(struct update *update)
{
	s64 state = hypercall(LUCOS_HC_COMPLETE, update->id, 0, 0, 0);

	/* Refused: somebody is awaited after all, and it is tried again. */
	if (state >= 0)
		update->state = state;
}

static void go_forward(struct update *update)
{
	struct verdict verdict = { 0 };

	callbacks_all_left(update);
	if (update->type_count && !update->retired && retire(update, &verdict))
		return;
	callbacks_data_left(update);
	/* Who was in the new code when the references moved may still use an old version. */
	if (update->all_left && !retire_free_moved(update, &verdict))
		say_complete(update);
}

static bool out_of_use(struct update *update)
{
	struct verdict verdict = { 0 };
	struct hold hold;

	if (update->phase != DATA_COEXISTS) {
		types_set_state(update, LUCOS_TYPE_INACTIVE);
		return true;
	}
	if (hold_begin(&hold, update, NEW_CODE, &verdict))
		return false;
	retire_new_held(update, &verdict);
	hold_release(&hold);
	hold_free(&hold);
	return !verdict.refusal;
}

void data_advance(struct update *update)
{
	events_fetch(update);
	if (!update->all_left)
		return;
	if (update->state == LUCOS_UPDATE_DRAINING) {
		go_forward(update);
	} else if (update->state == LUCOS_UPDATE_ROLLING_BACK && out_of_use(update)) {
		data_discard(update);
		say_complete(update);
	}
}
