/* The package's types, fields and state variables, as the module loader has put them into memory. */
#include <kernel/module.h>
#include <kernel/string.h>
#include "types.h"
#include "updates.h"

bool type_is_shadow(const struct update_type *type)
{
	return type->declared.placement == LUCOS_PLACEMENT_SHADOW;
}

bool type_is_in_place(const struct update_type *type)
{
	return type->declared.placement == LUCOS_PLACEMENT_IN_PLACE;
}

bool type_is_once(const struct update_type *type)
{
	return type->declared.transfer == LUCOS_TRANSFER_ONCE;
}

bool type_has_scratch(const struct update_type *type)
{
	return type->scratch != NULL;
}

bool type_moves(const struct update_type *type)
{
	return type->declared.placement == LUCOS_PLACEMENT_TWIN && type->declared.moved;
}

u64 type_new_bytes(const struct update_type *type)
{
	return (u64)type->declared.new_size + type->declared.extra_size;
}

void type_to_new(const struct update_type *type, const void *old_version, void *new_version)
{
	((void (*)(const void *, void *))type->declared.to_new)(old_version, new_version);
}

bool types_any(const struct update *update, bool (*test)(const struct update_type *))
{
	for (u32 i = 0; i < update->type_count; i++) {
		if (test(&update->types[i]))
			return true;
	}
	return false;
}

void types_set_state(struct update *update, u32 state)
{
	for (u32 i = 0; i < update->type_count; i++) {
		if (update->types[i].declared.state)
			WRITE_ONCE(*(u32 *)update->types[i].declared.state, state);
	}
}

/* The loaded array of that section; 0 entries when the package has none. */
static const void *loaded_array(const struct update *update, const char *section, u64 entry_size, u32 *count)
{
	const struct module_section *found = module_find_section(update->module, section);

	*count = found ? found->size / entry_size : 0;
	return found ? (const void *)found->address : NULL;
}

/* Another update's observer, or what an update made: neither can be changed once more. */
static struct update_type *observer_of(const struct kmem_cache *cache)
{
	struct update *update;

	list_for_each(update, &update_list, link) {
		for (u32 i = 0; i < update->type_count; i++) {
			if (update->types[i].cache == cache || update->types[i].twins == cache)
				return &update->types[i];
		}
	}
	return NULL;
}

static u32 find_cache(struct update_type *type, struct verdict *verdict)
{
	const struct lucos_package_type *declared = &type->declared;
	const struct update_type *other;

	type->cache = kmem_cache_find(declared->cache);
	if (!type->cache)
		return refuse(verdict, LUCOS_REFUSAL_MISSING_SYMBOL, "type %s: the kernel has no slab cache %s",
			declared->name, declared->cache);
	other = observer_of(type->cache);
	if (other || type->cache->observer)
		return refuse(verdict, LUCOS_REFUSAL_CONFLICT, "type %s: the objects of cache %s are changed by %s already",
			declared->name, declared->cache, other ? other->update->name : "somebody else");
	if (declared->old_size != type->cache->object_size)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %s: objects of cache %s have %lu bytes, not %u",
			declared->name, declared->cache, type->cache->object_size, declared->old_size);
	if (type_is_in_place(type) && type_new_bytes(type) > type->cache->stride)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"type %s: %lu bytes do not fit in place: an object of cache %s has %lu", declared->name,
			type_new_bytes(type), declared->cache, type->cache->stride);
	return 0;
}

static u32 find_variable(const struct update_type *type, struct verdict *verdict)
{
	const struct lucos_package_type *declared = &type->declared;
	struct ksym symbol;

	if (declared->placement != LUCOS_PLACEMENT_TWIN)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"type %s: the new version of a variable is a variable of the update", declared->name);
	if (!kallsyms_lookup(declared->old_variable, &symbol) || symbol.type != KSYM_OBJECT ||
		symbol.address != declared->old_variable || symbol.module)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %s: no variable of the kernel is at 0x%lx",
			declared->name, declared->old_variable);
	if (symbol.size != declared->old_size)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %s: the kernel's %s has %lu bytes, not %u",
			declared->name, symbol.name, symbol.size, declared->old_size);
	return 0;
}

static u32 find_scratch(struct update_type *type, struct verdict *verdict)
{
	const struct lucos_package_type *declared = &type->declared;

	if (!declared->scratch_cache[0])
		return 0;
	type->scratch = kmem_cache_find(declared->scratch_cache);
	if (!type->scratch)
		return refuse(verdict, LUCOS_REFUSAL_MISSING_SYMBOL,
			"type %s: the kernel has no slab cache %s, which its transfers may write to", declared->name,
			declared->scratch_cache);
	return 0;
}

static u32 match(struct update_type *type, struct verdict *verdict)
{
	for (u32 i = 0; i < type->index; i++) {
		const struct lucos_package_type *other = &type->update->types[i].declared;

		if (other->source == type->declared.source && other->old_variable == type->declared.old_variable &&
			!strcmp(other->cache, type->declared.cache))
			return refuse(verdict, LUCOS_REFUSAL_CONFLICT, "types %s and %s are about the same data", other->name,
				type->declared.name);
	}
	if (find_scratch(type, verdict))
		return verdict->refusal;
	if (type->declared.source == LUCOS_SOURCE_VARIABLE)
		return find_variable(type, verdict);
	return find_cache(type, verdict);
}

static void describe(struct lucos_type_desc *desc, const struct lucos_package_type *declared)
{
	*desc = (struct lucos_type_desc){
		.source = declared->source,
		.placement = declared->placement,
		.interception = declared->interception,
		.transfer = declared->transfer,
		.old_size = declared->old_size,
		.new_size = declared->new_size,
		.extra_size = declared->extra_size,
		.shared_head = declared->shared_head,
		.lock_offset = declared->lock_offset,
		.lock_size = declared->lock_size,
		.lock = declared->lock,
		.to_new = declared->to_new,
		.to_old = declared->to_old,
	};
	memcpy(desc->name, declared->name, sizeof(desc->name));
}

/* The type's fields, next to each other. */
static u32 collect_fields(struct update *update, u32 index, u64 type_address, u32 at)
{
	struct lucos_type_desc *desc = &update->type_descs[index];
	const struct lucos_package_field *fields;
	u32 count;

	fields = loaded_array(update, LUCOS_SECTION_FIELDS, sizeof(*fields), &count);
	desc->fields = (u64)(update->fields + at);
	for (u32 i = 0; i < count; i++) {
		if (fields[i].type != type_address)
			continue;
		update->fields[at++] = (struct lucos_field_desc){ fields[i].offset, fields[i].size };
		desc->field_count++;
	}
	if (!desc->field_count)
		desc->fields = 0;
	return at;
}

/* Bit i: the function at that address is said to handle others, but not type i. */
static u32 untouched_by(const struct update *update, u64 function)
{
	const struct lucos_package_handler *handlers;
	const struct lucos_package_type *types;
	u32 count, type_count, handled = 0;
	bool said = false;

	handlers = loaded_array(update, LUCOS_SECTION_HANDLERS, sizeof(*handlers), &count);
	types = loaded_array(update, LUCOS_SECTION_TYPES, sizeof(*types), &type_count);
	for (u32 i = 0; i < count; i++) {
		if (handlers[i].function != function)
			continue;
		said = true;
		if (handlers[i].type)
			handled |= 1U << ((handlers[i].type - (u64)types) / sizeof(*types));
	}
	return said ? ((1UL << type_count) - 1) & ~handled : 0;
}

u32 types_load(struct update *update, struct verdict *verdict)
{
	const struct lucos_package_type *declared;
	u32 count, field_count, fields = 0;

	loaded_array(update, LUCOS_SECTION_FIELDS, sizeof(struct lucos_package_field), &field_count);
	declared = loaded_array(update, LUCOS_SECTION_TYPES, sizeof(*declared), &count);
	if (!count)
		return 0;
	for (u32 i = 0; i < update->function_count; i++)
		update->functions[i].untouched_types = untouched_by(update, update->functions[i].new_address);
	update->types = kmalloc(count * sizeof(*update->types));
	update->type_descs = kmalloc(count * sizeof(*update->type_descs));
	update->fields = kmalloc((field_count + 1) * sizeof(*update->fields));
	if (!update->types || !update->type_descs || !update->fields)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for its types", update->name);

	memset(update->types, 0, count * sizeof(*update->types));
	for (u32 i = 0; i < count; i++) {
		struct update_type *type = &update->types[i];

		*type = (struct update_type){ .declared = declared[i], .update = update, .index = i };
		if (match(type, verdict))
			return verdict->refusal;
		describe(&update->type_descs[i], &declared[i]);
		fields = collect_fields(update, i, (u64)&declared[i], fields);
		update->type_count = i + 1;
	}
	return 0;
}

void types_free(struct update *update)
{
	kfree(update->types);
	kfree(update->type_descs);
	kfree(update->fields);
}
