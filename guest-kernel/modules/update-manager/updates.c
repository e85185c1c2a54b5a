/* The list of standing updates. Callers hold the transaction lock (transaction.h). */
#include <kernel/string.h>
#include "updates.h"

struct list_head update_list = LIST_HEAD_INIT(update_list);

bool update_in_force(const struct update *update)
{
	return update->state != LUCOS_UPDATE_ROLLING_BACK && update->state != LUCOS_UPDATE_ROLLED_BACK;
}

struct update *updates_find(const char *name)
{
	struct update *update;

	list_for_each(update, &update_list, link) {
		if (!strcmp(update->name, name))
			return update;
	}
	return NULL;
}

struct update *updates_find_id(u32 id)
{
	struct update *update;

	list_for_each(update, &update_list, link) {
		if (update->id == id)
			return update;
	}
	return NULL;
}

static bool replaces(const struct update *update, u64 address, u32 *index)
{
	for (u32 i = 0; i < update->function_count; i++) {
		if (update->functions[i].old_address == address) {
			*index = i;
			return true;
		}
	}
	return false;
}

struct update *updates_top(u64 address, const struct update *except, u32 *index)
{
	struct update *update, *top = NULL;
	u32 at;

	list_for_each(update, &update_list, link) {
		if (update != except && replaces(update, address, &at)) {
			top = update;
			*index = at;
		}
	}
	return top;
}

struct update *updates_dependent(const struct update *update)
{
	struct update *other;

	list_for_each(other, &update_list, link) {
		if (other == update || other->state == LUCOS_UPDATE_ROLLED_BACK)
			continue;
		for (u32 i = 0; i < other->dependency_count; i++) {
			if (other->dependencies[i].kind == LUCOS_DEPENDENCY_DEPENDS_ON &&
			    !strcmp(other->dependencies[i].name, update->name))
				return other;
		}
	}
	return NULL;
}

struct update *updates_above(const struct update *update)
{
	struct update *other, *above = NULL;
	bool newer = false;
	u32 index;

	list_for_each(other, &update_list, link) {
		for (u32 i = 0; newer && i < update->function_count; i++) {
			if (other->state != LUCOS_UPDATE_ROLLED_BACK && replaces(other, update->functions[i].old_address, &index))
				above = other;
		}
		if (other == update)
			newer = true;
	}
	return above;
}

bool update_replaces(const struct update *update, u64 address)
{
	u32 index;

	return replaces(update, address, &index);
}

u32 updates_count(void)
{
	struct update *update;
	u32 count = 0;

	list_for_each(update, &update_list, link)
		count++;
	return count;
}
