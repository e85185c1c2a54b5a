/* The callbacks of a package: what is called, when, and about which function or type. */
#include <kernel/string.h>
#include "package_parts.h"

void package_callback(const struct package *package, u32 index, struct lucos_package_callback *callback)
{
	memcpy(callback, package->image.bytes + package->callbacks + (u64)index * sizeof(*callback), sizeof(*callback));
}

static bool follow(const struct package *package, u32 index, u32 member, struct package_place *place)
{
	return package_follow(package, package->callbacks_section,
		(u64)index * sizeof(struct lucos_package_callback) + member, place);
}

bool package_callback_place(const struct package *package, u32 index, struct package_place *place)
{
	return follow(package, index, offsetof(struct lucos_package_callback, function), place) &&
		package_is_code(package, place);
}

u32 package_callback_subject(const struct package *package, u32 index)
{
	return package->callback_subjects[index];
}

u32 package_function_at(const struct package *package, const struct package_place *place)
{
	struct elf_relocation_walk walk = { .target = package->functions_section };
	struct elf_relocation relocation;
	u32 first = package->function_count;

	while (elf_image_next_relocation(&package->image, &walk, &relocation)) {
		u32 index = relocation.offset / sizeof(struct lucos_package_function);
		struct elf_symbol symbol;

		elf_image_symbol(&package->image, relocation.symbol, &symbol);
		if (symbol.section == place->section && symbol.value + (u64)relocation.addend == place->offset &&
		    index < first)
			first = index;
	}
	return first;
}

/* Finds out what the callback is about. */
static u32 check_subject(struct package *package, u32 index, const struct lucos_package_callback *callback,
	struct verdict *verdict)
{
	struct package_place place = { 0 };
	bool named = follow(package, index, offsetof(struct lucos_package_callback, subject), &place);
	u32 subject = 0;

	switch (callback->kind) {
	case LUCOS_CALLBACK_FUNCTION_LEFT:
	case LUCOS_CALLBACK_THREADS_LEFT:
		subject = named && package_is_code(package, &place) ? package_function_at(package, &place) :
			package->function_count;
		if (subject == package->function_count)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"callback %u: its subject is no new function of the package", index);
		break;
	case LUCOS_CALLBACK_DATA_LEFT:
		subject = named ? package_type_at(package, &place) : package->type_count;
		if (subject == package->type_count)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"callback %u: its subject is no type of the package", index);
		break;
	}
	package->callback_subjects[index] = subject;
	return 0;
}

/* Startup and cleanup are about the whole update. */
static bool has_subject_in_vain(const struct package *package, u32 index, const struct lucos_package_callback *callback)
{
	struct elf_relocation relocation;

	return (callback->kind == LUCOS_CALLBACK_STARTUP || callback->kind == LUCOS_CALLBACK_CLEANUP) &&
		(callback->subject || elf_image_find_relocation(&package->image, package->callbacks_section,
			(u64)index * sizeof(*callback) + offsetof(struct lucos_package_callback, subject), &relocation));
}

static u32 check_callback(struct package *package, u32 index, struct verdict *verdict)
{
	struct lucos_package_callback callback, other;
	struct package_place place;

	package_callback(package, index, &callback);
	if (callback.kind < LUCOS_CALLBACK_STARTUP || callback.kind > LUCOS_CALLBACK_DATA_LEFT || callback.pad)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "callback %u: kind %u is not known to this kernel",
			index, callback.kind);
	if (has_subject_in_vain(package, index, &callback))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "callback %u: kind %u takes no subject", index,
			callback.kind);
	if (check_subject(package, index, &callback, verdict))
		return verdict->refusal;
	if (!package_callback_place(package, index, &place))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "callback %u is not code of the package", index);
	for (u32 i = 0; i < index; i++) {
		package_callback(package, i, &other);
		if (other.kind == callback.kind && package->callback_subjects[i] == package->callback_subjects[index])
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"callback %u: a second one of kind %u, beside callback %u", index, callback.kind, i);
	}
	return 0;
}

u32 package_check_callbacks(struct package *package, struct verdict *verdict)
{
	static const struct package_addresses addresses = { sizeof(struct lucos_package_callback),
		offsetof(struct lucos_package_callback, function), 2 };

	if (package_find_array(package, LUCOS_SECTION_CALLBACKS, sizeof(struct lucos_package_callback), LUCOS_MAX_CALLBACKS,
	    &package->callbacks_section, &package->callbacks, &package->callback_count, verdict) ||
	    package_check_addresses(package, LUCOS_SECTION_CALLBACKS, package->callbacks_section, &addresses, verdict))
		return verdict->refusal;
	for (u32 i = 0; i < package->callback_count; i++) {
		if (check_callback(package, i, verdict))
			return verdict->refusal;
	}
	return 0;
}
