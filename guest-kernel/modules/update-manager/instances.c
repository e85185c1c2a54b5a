/* See instances.h. */
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vmm.h>
#include "instances.h"
#include "twins.h"
#include "types.h"
#include "updates.h"

#define SPARE 64	/* that may be born between the counting and the listing */

struct collect {
	struct instances *instances;
	struct update_type *type;
};

static u64 count_now(const struct update *update)
{
	u64 count = 0;

	for (u32 i = 0; i < update->type_count; i++) {
		const struct update_type *type = &update->types[i];

		if (!type_is_shadow(type))
			count += type->cache ? MAX(type->cache->live, type->twins ? type->twins->live : 0) : 1;
	}
	return count;
}

u32 instances_allocate(struct instances *instances, const struct update *update, struct verdict *verdict)
{
	u64 count = count_now(update), capacity = count + SPARE;

	memset(instances, 0, sizeof(*instances));
	if (!update->type_count)
		return 0;
	if (count > LUCOS_MAX_INSTANCES)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "%s: its types have %lu instances, at most %u are taken",
			update->name, count, LUCOS_MAX_INSTANCES);
	instances->list = vmalloc(capacity * sizeof(*instances->list));
	instances->capacity = capacity;
	if (!instances->list)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to list %lu instances", update->name,
			capacity);
	return 0;
}

void instances_free(struct instances *instances)
{
	if (instances->list)
		vfree(instances->list);
	instances->list = NULL;
}

static bool add(const struct collect *collect, const void *old_version, const void *new_version)
{
	struct instances *instances = collect->instances;

	if (instances->count == instances->capacity) {
		instances->overflow = true;
		return false;
	}
	instances->list[instances->count++] = (struct lucos_instance_desc){
		.old_address = (u64)old_version,
		.new_address = (u64)new_version,
		.type = collect->type->index,
	};
	return true;
}

static bool add_twin(void *new_version, void *arg)
{
	const struct collect *collect = arg;

	return twin_is_stray(collect->type, new_version) ||
		add(collect, twin_old(collect->type, new_version), new_version);
}

static bool add_in_place(void *object, void *arg)
{
	return kmem_companion(object) || add(arg, object, object);
}

static void find(struct collect *collect)
{
	struct update_type *type = collect->type;

	if (type->declared.source == LUCOS_SOURCE_VARIABLE) {
		add(collect, (void *)type->declared.old_variable, (void *)type->declared.new_variable);
		return;
	}
	if (type->twins && !type_is_shadow(type))
		kmem_cache_for_each(type->twins, add_twin, collect);
	if (type_is_in_place(type) && type->update->phase == DATA_RETIRED)
		kmem_cache_for_each(type->cache, add_in_place, collect);
}

void instances_find(struct instances *instances, struct update *update)
{
	struct collect collect = { .instances = instances };

	instances->count = 0;
	instances->overflow = false;
	for (u32 i = 0; i < update->type_count; i++) {
		collect.type = &update->types[i];
		find(&collect);
	}
}

void instances_move(const struct instances *instances, struct update *update, bool to_new)
{
	for (u32 i = 0; i < instances->count; i++) {
		const struct lucos_instance_desc *one = &instances->list[i];
		struct update_type *type = &update->types[one->type];
		void (*moved)(u64 from, u64 to) = (void (*)(u64, u64))type->declared.moved;

		if (!type_moves(type) || !one->old_address)
			continue;
		if (to_new)
			moved(one->old_address, one->new_address);
		else
			moved(one->new_address, one->old_address);
		twin_refer_to_new(type, (void *)one->new_address, to_new);
	}
}

static bool representable(const struct update_type *type, u64 new_address)
{
	int (*ask)(u64) = (int (*)(u64))type->declared.representable;

	return !ask || ask(new_address);
}

u32 instances_representable(const struct instances *instances, const struct update *update, struct verdict *verdict)
{
	char *detail = verdict->detail;
	u64 size = sizeof(verdict->detail), used = 0;
	u32 count = 0;

	for (u32 i = 0; i < instances->count; i++) {
		const struct lucos_instance_desc *one = &instances->list[i];
		const struct update_type *type = &update->types[one->type];

		if (representable(type, one->new_address))
			continue;
		if (count++ == 0)
			used = snprintf(detail, size, "%s: the old version can't say what these hold:", update->name);
		if (used < size)
			used += snprintf(detail + used, size - used, " %s at 0x%lx", type->declared.name,
				one->old_address ? one->old_address : one->new_address);
	}
	if (!count)
		return 0;
	verdict->refusal = LUCOS_REFUSAL_NOT_REPRESENTABLE;
	return verdict->refusal;
}

static bool restore(struct update_type *type, const struct lucos_instance_desc *one)
{
	if (!one->old_address)
		return twin_restore_old(type, (void *)one->new_address);
	if (one->old_address == one->new_address)
		return twin_take_apart(type, (void *)one->old_address);
	return true;
}

bool instances_restore_old(const struct instances *instances, struct update *update)
{
	for (u32 i = 0; i < instances->count; i++) {
		if (!restore(&update->types[instances->list[i].type], &instances->list[i])) {
			instances_drop_old(instances, update);
			return false;
		}
	}
	return true;
}

void instances_drop_old(const struct instances *instances, struct update *update)
{
	for (u32 i = 0; i < instances->count; i++) {
		const struct lucos_instance_desc *one = &instances->list[i];
		struct update_type *type = &update->types[one->type];
		void *object = (void *)one->old_address;

		if (!one->old_address)
			twin_free_old(type, (void *)one->new_address);
		else if (one->old_address == one->new_address && kmem_companion(object))
			twin_put_in_place(type, kmem_companion(object));
	}
}

void instances_put_in_place(const struct instances *instances, struct update *update)
{
	for (u32 i = 0; i < instances->count; i++) {
		struct update_type *type = &update->types[instances->list[i].type];

		if (type_is_in_place(type))
			twin_put_in_place(type, (void *)instances->list[i].new_address);
	}
}
