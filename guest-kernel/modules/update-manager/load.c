/*
 * Makes an update of a package. The kernel's module loader does the relocation; what it refuses is translated into
 * refusals of ours.
 */
#include <kernel/module.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "activations.h"
#include "callbacks.h"
#include "load.h"
#include "types.h"

static u32 refuse_module(const char *name, const struct module_error *error, struct verdict *verdict)
{
	static const u32 codes[] = {
		[MODULE_BAD_FORMAT] = LUCOS_REFUSAL_BAD_PACKAGE,
		[MODULE_MISSING_SYMBOL] = LUCOS_REFUSAL_MISSING_SYMBOL,
		[MODULE_AMBIGUOUS_SYMBOL] = LUCOS_REFUSAL_AMBIGUOUS_SYMBOL,
		[MODULE_BAD_RELOCATION] = LUCOS_REFUSAL_BAD_PACKAGE,
		[MODULE_OUT_OF_REACH] = LUCOS_REFUSAL_OUT_OF_REACH,
		[MODULE_NO_MEMORY] = LUCOS_REFUSAL_NO_MEMORY,
		[MODULE_EXISTS] = LUCOS_REFUSAL_ALREADY_APPLIED,
		[MODULE_BUSY] = LUCOS_REFUSAL_BUSY,
	};
	u32 code = error->failure < ARRAY_SIZE(codes) ? codes[error->failure] : 0;

	return refuse(verdict, code ? code : LUCOS_REFUSAL_INTERNAL, "%s: the module loader says: %.200s", name,
		error->text);
}

static u64 place_address(const struct module *module, const struct package_place *place)
{
	return module->sections[place->section].address + place->offset;
}

static u32 copy_tables(struct update *update, const struct package *package, struct verdict *verdict)
{
	u64 old_bytes = 0;

	for (u32 i = 0; i < package->function_count; i++) {
		struct lucos_package_function function;

		package_function(package, i, &function);
		old_bytes += function.old_size;
	}
	update->functions = kmalloc(package->function_count * sizeof(*update->functions));
	update->old_bytes = kmalloc(old_bytes);
	update->dependencies = kmalloc((package->dependency_count + 1) * sizeof(*update->dependencies));
	if (!update->functions || !update->old_bytes || !update->dependencies)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for its tables", package->manifest.name);

	for (u32 i = 0; i < package->dependency_count; i++)
		package_dependency(package, i, &update->dependencies[i]);
	update->dependency_count = package->dependency_count;
	return 0;
}

/* Everything about the functions but where the new ones are. */
static void copy_functions(struct update *update, const struct package *package)
{
	u8 *bytes = update->old_bytes;

	for (u32 i = 0; i < package->function_count; i++) {
		struct lucos_function_desc *desc = &update->functions[i];
		struct lucos_package_function function;

		package_function(package, i, &function);
		memset(desc, 0, sizeof(*desc));
		desc->old_address = function.old_address;
		desc->old_size = function.old_size;
		desc->new_size = function.new_size;
		desc->old_bytes = (u64)bytes;
		memcpy(desc->name, function.old_name, sizeof(desc->name));
		memcpy(desc->old_hash, function.old_hash, sizeof(desc->old_hash));
		memcpy(bytes, package_old_bytes(package, &function), function.old_size);
		bytes += function.old_size;
	}
	update->function_count = package->function_count;
}

static u32 load_module(struct update *update, const struct package *package, struct verdict *verdict)
{
	struct module_error error = { 0 };
	struct module *module;

	update->relocation_size = (u64)activations_places(update) * LUCOS_RELOCATION_BYTES_PER_FUNCTION;
	module = module_load_reserving(package->image.bytes, package->image.size, update->name, 0,
		update->relocation_size, &error);
	if (!module)
		return refuse_module(update->name, &error, verdict);
	__atomic_add_fetch(&module->users, 1, __ATOMIC_SEQ_CST);
	update->module = module;
	update->module_base = module->base;
	update->module_size = module->size;
	update->relocation_area = module->reserved;
	return 0;
}

static u32 find_new_functions(struct update *update, const struct package *package, struct verdict *verdict)
{
	for (u32 i = 0; i < update->function_count; i++) {
		struct lucos_function_desc *desc = &update->functions[i];
		struct package_place place;
		s64 distance;

		if (!package_function_place(package, i, &place))
			return refuse(verdict, LUCOS_REFUSAL_INTERNAL, "%s: lost its new function", desc->name);
		desc->new_address = place_address(update->module, &place);
		distance = (s64)(desc->new_address - (desc->old_address + LUCOS_JUMP_SIZE));
		if (distance != (s32)distance)
			return refuse(verdict, LUCOS_REFUSAL_OUT_OF_REACH,
				"%s: its new code at 0x%lx is too far from 0x%lx", desc->name, desc->new_address,
				desc->old_address);
	}
	return 0;
}

static u32 find_callbacks(struct update *update, const struct package *package, struct verdict *verdict)
{
	for (u32 i = 0; i < package->callback_count; i++) {
		struct lucos_package_callback callback;
		struct package_place place;
		u64 address;

		package_callback(package, i, &callback);
		if (!package_callback_place(package, i, &place))
			return refuse(verdict, LUCOS_REFUSAL_INTERNAL, "%s: lost callback %u", update->name, i);
		address = place_address(update->module, &place);
		if (callback.kind == LUCOS_CALLBACK_STARTUP)
			update->startup = (int (*)(void))address;
		else if (callback.kind == LUCOS_CALLBACK_CLEANUP)
			update->cleanup = (void (*)(void))address;
	}
	return callbacks_load(update, verdict);
}

struct update *update_load(const struct package *package, u64 request_id, struct verdict *verdict)
{
	struct update *update = kmalloc(sizeof(*update));

	if (!update) {
		refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to describe it", package->manifest.name);
		return NULL;
	}
	memset(update, 0, sizeof(*update));
	list_init(&update->link);
	list_init(&update->calls);
	memcpy(update->name, package->manifest.name, sizeof(update->name));
	memcpy(update->version, package->manifest.version, sizeof(update->version));
	memcpy(update->digest, package->digest, sizeof(update->digest));
	memcpy(update->build_id, package->manifest.build_id, sizeof(update->build_id));
	update->request_id = request_id;
	update->state = LUCOS_UPDATE_SUBMITTED;

	if (copy_tables(update, package, verdict))
		goto fail;
	copy_functions(update, package);
	if (load_module(update, package, verdict) || find_new_functions(update, package, verdict) ||
	    types_load(update, verdict) || find_callbacks(update, package, verdict))
		goto fail;

	update->displaced.start = update->relocation_area;
	update->displaced.size = update->relocation_size;
	update->displaced.stride = LUCOS_RELOCATION_BYTES_PER_FUNCTION;
	code_region_add(&update->displaced);
	return update;
fail:
	update_unload(update);
	return NULL;
}

void update_unload_module(struct update *update)
{
	if (update->displaced.size)
		code_region_remove(&update->displaced);
	update->displaced.size = 0;
	if (update->module) {
		__atomic_sub_fetch(&update->module->users, 1, __ATOMIC_SEQ_CST);
		module_unload(update->module);
	}
	update->module = NULL;
}

void update_unload(struct update *update)
{
	update_unload_module(update);
	callbacks_free(update);
	types_free(update);
	kfree(update->dependencies);
	kfree(update->old_bytes);
	kfree(update->functions);
	kfree(update);
}
