/* See retire.h. What the server refuses is taken back, and tried again by the drain thread. */
#include "hypercall.h"
#include "retire.h"
#include "server.h"
#include "twins.h"
#include "types.h"
#include "updates.h"

static u32 tell_server(struct update *update, const struct activations *named, u64 new_code, struct verdict *verdict)
{
	struct lucos_activation_report report = {
		.size = sizeof(report),
		.abi = LUCOS_ABI_VERSION,
		.update_id = update->id,
		.context_count = named ? named->count : 0,
		.contexts = named ? (u64)named->contexts : 0,
		.old_or_new = new_code,
	};
	s64 result = hypercall1(LUCOS_HC_RETIRE, &report);

	return result < 0 ? server_refused(update->name, result, verdict) : 0;
}

/* What lies in the place of an old version would be taken for one by who reads it there right now. */
static u32 check_in_place(const struct update *update, const struct activations *activations, struct verdict *verdict)
{
	if (!types_any(update, type_is_in_place) || (!activations->count && !activations->outside))
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BUSY, "%s: %u contexts stand in its code, and its data can't be put in place",
		update->name, activations->count + activations->outside);
}

u32 retire_held(struct update *update, struct hold *hold, struct verdict *verdict)
{
	bool moves = types_any(update, type_moves);

	if (hold_look(hold, update, NEW_CODE, verdict) || check_in_place(update, &hold->activations, verdict))
		return verdict->refusal;
	instances_move(&hold->instances, update, true);
	types_set_state(update, LUCOS_TYPE_RETIRED);
	/* Only who may hold an old version's address keeps it from being freed. */
	if (tell_server(update, moves ? &hold->activations : NULL, true, verdict)) {
		types_set_state(update, LUCOS_TYPE_COEXISTS);
		instances_move(&hold->instances, update, false);
		return verdict->refusal;
	}
	instances_put_in_place(&hold->instances, update);
	update->phase = DATA_RETIRED;
	update->retired = true;
	update->all_left = !moves || hold->activations.count == 0;
	return 0;
}

u32 retire(struct update *update, struct verdict *verdict)
{
	struct hold hold;

	if (hold_begin(&hold, update, NEW_CODE, verdict))
		return verdict->refusal;
	retire_held(update, &hold, verdict);
	hold_release(&hold);
	hold_free(&hold);
	return verdict->refusal;
}

u32 retire_free_moved(struct update *update, struct verdict *verdict)
{
	struct hold hold;

	if (!types_any(update, type_moves))
		return 0;
	if (hold_begin(&hold, update, NEW_CODE, verdict))
		return verdict->refusal;
	for (u32 i = 0; i < hold.instances.count; i++) {
		const struct lucos_instance_desc *one = &hold.instances.list[i];
		struct update_type *type = &update->types[one->type];

		/* One that was born since then may be known by its old version's address only. */
		if (type_moves(type) && type->cache && twin_is_referred_to(type, (void *)one->new_address))
			twin_free_old(type, (void *)one->new_address);
	}
	hold_release(&hold);
	hold_free(&hold);
	return 0;
}

u32 retire_new_held(struct update *update, struct verdict *verdict)
{
	types_set_state(update, LUCOS_TYPE_INACTIVE);
	if (tell_server(update, NULL, false, verdict)) {
		types_set_state(update, LUCOS_TYPE_COEXISTS);
		return verdict->refusal;
	}
	update->phase = DATA_INACTIVE;
	return 0;
}
