/* See ranges.h. */
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vmm.h>
#include "ranges.h"
#include "types.h"
#include "updates.h"

#define SPARE 64	/* that may be born between the counting and the listing */

struct collect {
	struct ranges *ranges;
	const struct update_type *type;
};

u32 ranges_allocate(struct ranges *ranges, const struct update *update, struct verdict *verdict)
{
	u64 count = 0;

	memset(ranges, 0, sizeof(*ranges));
	for (u32 i = 0; i < update->type_count; i++) {
		if (update->types[i].scratch)
			count += update->types[i].scratch->live;
	}
	if (!types_any(update, type_has_scratch))
		return 0;
	if (count > LUCOS_MAX_INSTANCES)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE,
			"%s: its transfers may write to %lu objects, at most %u are taken", update->name, count,
			LUCOS_MAX_INSTANCES);
	ranges->capacity = count + SPARE;
	ranges->list = vmalloc(ranges->capacity * sizeof(*ranges->list));
	if (!ranges->list)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to list %u objects", update->name,
			ranges->capacity);
	return 0;
}

void ranges_free(struct ranges *ranges)
{
	if (ranges->list)
		vfree(ranges->list);
	ranges->list = NULL;
}

static bool add(void *object, void *arg)
{
	const struct collect *collect = arg;
	struct ranges *ranges = collect->ranges;

	if (ranges->count == ranges->capacity) {
		ranges->overflow = true;
		return false;
	}
	ranges->list[ranges->count++] = (struct lucos_writable_range){
		.address = (u64)object,
		.length = collect->type->scratch->object_size,
		.type = collect->type->index,
	};
	return true;
}

void ranges_find(struct ranges *ranges, const struct update *update)
{
	struct collect collect = { .ranges = ranges };

	ranges->count = 0;
	ranges->overflow = false;
	for (u32 i = 0; i < update->type_count; i++) {
		collect.type = &update->types[i];
		if (collect.type->scratch)
			kmem_cache_for_each(collect.type->scratch, add, &collect);
	}
}
