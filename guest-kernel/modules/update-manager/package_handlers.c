/* Which functions of a package handle which types. A function of which nothing is said handles all of them. */
#include <kernel/string.h>
#include "package_parts.h"

static void handler_at(const struct package *package, u32 index, struct lucos_package_handler *handler)
{
	memcpy(handler, package->image.bytes + package->handlers + (u64)index * sizeof(*handler), sizeof(*handler));
}

static bool follow(const struct package *package, u32 index, u32 member, struct package_place *place)
{
	return package_follow(package, package->handlers_section,
		(u64)index * sizeof(struct lucos_package_handler) + member, place);
}

static u32 find_function(const struct package *package, u32 index)
{
	struct package_place place;

	return follow(package, index, offsetof(struct lucos_package_handler, function), &place) &&
		package_is_code(package, &place) ? package_function_at(package, &place) : package->function_count;
}

static u32 find_type(const struct package *package, u32 index)
{
	struct package_place place;

	return follow(package, index, offsetof(struct lucos_package_handler, type), &place) ?
		package_type_at(package, &place) : package->type_count;
}

/* A relocation fills it, wherever that leads, or something else does. */
static bool names_type(const struct package *package, u32 index)
{
	struct lucos_package_handler handler;
	struct elf_relocation relocation;

	handler_at(package, index, &handler);
	return handler.type || elf_image_find_relocation(&package->image, package->handlers_section,
		(u64)index * sizeof(handler) + offsetof(struct lucos_package_handler, type), &relocation);
}

static u32 check_handler(struct package *package, u32 index, struct verdict *verdict)
{
	u32 function = find_function(package, index);
	u32 type = find_type(package, index);

	if (function == package->function_count)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"handler %u: its function is no new function of the package", index);
	if (type == package->type_count && names_type(package, index))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "handler %u: its type is no type of the package", index);
	for (u32 i = 0; i < index; i++) {
		if (package->handler_functions[i] == function &&
		    (package->handler_types[i] == package->type_count) != (type == package->type_count))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"handler %u: its function is said to handle no type, and to handle one", index);
	}
	package->handler_functions[index] = function;
	package->handler_types[index] = type;
	return 0;
}

/* Whether it is said that the function, an index as in handler_functions, handles other types only. */
static bool is_untouched_by(const struct package *package, u32 type, u32 function)
{
	bool said = false;

	for (u32 i = 0; i < package->handler_count; i++) {
		if (package->handler_functions[i] != function)
			continue;
		if (package->handler_types[i] == type)
			return false;
		said = true;
	}
	return said;
}

/* A type that nobody handles would be taken for left before it is monitored. */
static u32 check_handled(const struct package *package, u32 type, struct verdict *verdict)
{
	for (u32 i = 0; i < package->function_count; i++) {
		struct package_place place;

		if (!package_function_place(package, i, &place) ||
		    !is_untouched_by(package, type, package_function_at(package, &place)))
			return 0;
	}
	return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %u: no function of the package is said to handle it", type);
}

u32 package_check_handlers(struct package *package, struct verdict *verdict)
{
	static const struct package_addresses addresses = { sizeof(struct lucos_package_handler),
		offsetof(struct lucos_package_handler, function), 2 };

	if (package_find_array(package, LUCOS_SECTION_HANDLERS, sizeof(struct lucos_package_handler), LUCOS_MAX_HANDLERS,
	    &package->handlers_section, &package->handlers, &package->handler_count, verdict) ||
	    package_check_addresses(package, LUCOS_SECTION_HANDLERS, package->handlers_section, &addresses, verdict))
		return verdict->refusal;
	for (u32 i = 0; i < package->handler_count; i++) {
		if (check_handler(package, i, verdict))
			return verdict->refusal;
	}
	for (u32 i = 0; package->handler_count && i < package->type_count; i++) {
		if (check_handled(package, i, verdict))
			return verdict->refusal;
	}
	return 0;
}
