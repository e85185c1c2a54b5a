/*
 * The data structures that a package changes, and the fields that it preserves. The rules are asked for in the order in which
 * `lucos patch verify` asks for them, so that both name the same one.
 */
#include <kernel/string.h>
#include "package_parts.h"

#define MEMBER(name) offsetof(struct lucos_package_type, name)

/* One type under check. */
struct check {
	const struct package *package;
	u32 index;
	struct lucos_package_type type;
	struct verdict *verdict;
};

#define BAD(check, format, ...)									\
	refuse((check)->verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %s: " format, (check)->type.name, ##__VA_ARGS__)

static const struct package_addresses type_addresses = { sizeof(struct lucos_package_type), MEMBER(old_variable), 9 };
static const struct package_addresses field_addresses = { sizeof(struct lucos_package_field), 0, 1 };

static_assert(MEMBER(old_variable) + 9 * 8 == sizeof(struct lucos_package_type), "the addresses are a type's last members");

void package_type(const struct package *package, u32 index, struct lucos_package_type *type)
{
	memcpy(type, package->image.bytes + package->types + (u64)index * sizeof(*type), sizeof(*type));
}

bool package_type_place(const struct package *package, u32 index, u32 member, struct package_place *place)
{
	return package_follow(package, package->types_section, (u64)index * sizeof(struct lucos_package_type) + member, place);
}

u32 package_type_at(const struct package *package, const struct package_place *place)
{
	u64 index = place->offset / sizeof(struct lucos_package_type);

	if (place->symbol || place->section != package->types_section ||
	    place->offset % sizeof(struct lucos_package_type) || index >= package->type_count)
		return package->type_count;
	return index;
}

void package_field(const struct package *package, u32 index, struct lucos_package_field *field)
{
	memcpy(field, package->image.bytes + package->fields + (u64)index * sizeof(*field), sizeof(*field));
}

u32 package_field_type(const struct package *package, u32 index)
{
	struct package_place place;

	if (!package_follow(package, package->fields_section, (u64)index * sizeof(struct lucos_package_field), &place))
		return package->type_count;
	return package_type_at(package, &place);
}

/* Whether a relocation fills that member, wherever it leads. */
static bool has(const struct check *check, u32 member)
{
	struct elf_relocation relocation;

	return elf_image_find_relocation(&check->package->image, check->package->types_section,
		(u64)check->index * sizeof(check->type) + member, &relocation);
}

static u64 new_extent(const struct check *check)
{
	return (u64)check->type.new_size + check->type.extra_size;
}

static bool has_lock_field(const struct check *check)
{
	return check->type.lock_offset != LUCOS_NO_LOCK;
}

static u32 check_kinds(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;

	for (u32 member = MEMBER(old_variable); member < sizeof(*type); member += 8) {
		u64 value;

		memcpy(&value, (const u8 *)type + member, sizeof(value));
		if (value && !has(check, member))
			return BAD(check, "the address at +%u is a fixed number", member);
	}
	if (type->source < LUCOS_SOURCE_VARIABLE || type->source > LUCOS_SOURCE_CACHE)
		return BAD(check, "source %u is not known", type->source);
	if (type->placement < LUCOS_PLACEMENT_TWIN || type->placement > LUCOS_PLACEMENT_SHADOW)
		return BAD(check, "placement %u is not known", type->placement);
	if (type->interception < LUCOS_INTERCEPTION_STEP || type->interception > LUCOS_INTERCEPTION_SERVICE)
		return BAD(check, "interception %u is not known", type->interception);
	if (type->transfer < LUCOS_TRANSFER_EACH_WRITE || type->transfer > LUCOS_TRANSFER_ONCE)
		return BAD(check, "transfer %u is not known", type->transfer);
	if (type->transfer == LUCOS_TRANSFER_LAZY && type->interception != LUCOS_INTERCEPTION_SERVICE)
		return BAD(check, "it is transferred lazily, inside the instruction that reads: interception %u must be %u",
			type->interception, LUCOS_INTERCEPTION_SERVICE);
	return 0;
}

static u32 check_sizes(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;

	if (type->old_size == 0 || type->new_size == 0)
		return BAD(check, "%u bytes become %u: neither version may be empty", type->old_size, type->new_size);
	if (type->old_size > LUCOS_MAX_INSTANCE_BYTES || new_extent(check) > LUCOS_MAX_INSTANCE_BYTES)
		return refuse(check->verdict, LUCOS_REFUSAL_TOO_LARGE,
			"type %s: %u bytes become %lu, a version has at most %u", type->name, type->old_size,
			new_extent(check), LUCOS_MAX_INSTANCE_BYTES);
	if (type->shared_head > type->old_size)
		return BAD(check, "a shared head of %u bytes leaves the old version of %u", type->shared_head,
			type->old_size);
	return 0;
}

static u32 check_source(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;
	bool word = package_text_is_word(type->cache, sizeof(type->cache));

	if (type->source == LUCOS_SOURCE_CACHE) {
		if (!word || !type->cache[0])
			return BAD(check, "the name of its cache is empty or too long");
		if (has(check, MEMBER(old_variable)) || has(check, MEMBER(new_variable)))
			return BAD(check, "it names a variable, and its source is a cache");
		return 0;
	}
	if (!word || type->cache[0])
		return BAD(check, "it names a cache, and its source is a variable");
	if (type->placement != LUCOS_PLACEMENT_TWIN)
		return BAD(check, "placement %u: the new version of a variable is a twin", type->placement);
	return 0;
}

static u32 check_scratch(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;

	if (!package_text_is_word(type->scratch_cache, sizeof(type->scratch_cache)))
		return BAD(check, "the name of its scratch cache is too long, or no word");
	if (type->scratch_cache[0] && type->transfer != LUCOS_TRANSFER_ONCE)
		return BAD(check, "it has a scratch cache: only what is transferred once may have one");
	return 0;
}

static u32 check_placement(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;

	if (type->placement == LUCOS_PLACEMENT_IN_PLACE && new_extent(check) > type->old_size)
		return BAD(check, "%lu bytes do not fit the old version of %u in place: make it a twin",
			new_extent(check), type->old_size);
	if (has(check, MEMBER(moved)) &&
	    (type->placement != LUCOS_PLACEMENT_TWIN || type->source != LUCOS_SOURCE_CACHE))
		return BAD(check, "only references to twins of a cache's objects can be moved");
	if (type->placement != LUCOS_PLACEMENT_SHADOW)
		return 0;
	if (has(check, MEMBER(to_old)))
		return BAD(check, "it has a transfer to the old version, and a shadow's stays as it is");
	if (has_lock_field(check) || has(check, MEMBER(lock)))
		return BAD(check, "it has a lock, and a shadow is transferred once");
	return 0;
}

static u32 check_lock_elsewhere(const struct check *check)
{
	struct package_place place;
	u32 size = check->type.lock_size;

	if (package_type_place(check->package, check->index, MEMBER(lock), &place) && place.offset % size == 0 &&
	    (place.symbol || package_is_variable(check->package, &place, size)))
		return 0;
	return BAD(check, "its lock is no aligned variable of %u bytes, in the kernel or writable in the package", size);
}

static u32 check_lock(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;
	bool elsewhere = has(check, MEMBER(lock));

	if (!has_lock_field(check) && !elsewhere) {
		if (type->lock_size)
			return BAD(check, "its lock word has %u bytes and no place", type->lock_size);
		if (type->transfer == LUCOS_TRANSFER_ON_UNLOCK)
			return BAD(check, "it is transferred on unlock and has no lock: use LUCOS_LOCK_FIELD");
		return 0;
	}
	if (type->lock_size != 4 && type->lock_size != 8)
		return BAD(check, "its lock word has %u bytes, and a lock word has 4 or 8", type->lock_size);
	if (!has_lock_field(check))
		return check_lock_elsewhere(check);
	if (elsewhere)
		return BAD(check, "its lock is both in the instance and elsewhere");
	if (type->lock_offset % type->lock_size || type->lock_offset > type->old_size ||
	    type->lock_size > type->old_size - type->lock_offset)
		return BAD(check, "its lock word at %u is not aligned or leaves the old version of %u bytes",
			type->lock_offset, type->old_size);
	return 0;
}

static u32 check_transfers(const struct check *check)
{
	if (!has(check, MEMBER(to_new)))
		return BAD(check, "it has no transfer to the new version");
	if (!has(check, MEMBER(to_old)) && check->type.placement != LUCOS_PLACEMENT_SHADOW)
		return BAD(check, "it has no transfer to the old version");
	for (u32 member = MEMBER(to_new); member <= MEMBER(moved); member += 8) {
		struct package_place place;

		if (has(check, member) && (!package_type_place(check->package, check->index, member, &place) ||
		    !package_is_code(check->package, &place)))
			return BAD(check, "the function at +%u is not code of the package", member);
	}
	return 0;
}

static u32 check_variables(const struct check *check)
{
	const struct package *package = check->package;
	struct package_place place;

	if (check->type.source == LUCOS_SOURCE_VARIABLE) {
		if (!package_type_place(package, check->index, MEMBER(old_variable), &place) || !place.symbol)
			return BAD(check, "its old version is no variable of the kernel");
		if (!package_type_place(package, check->index, MEMBER(new_variable), &place) ||
		    !package_is_variable(package, &place, new_extent(check)))
			return BAD(check, "its new version is no variable of %lu bytes, writable in the package",
				new_extent(check));
	}
	if (!package_type_place(package, check->index, MEMBER(state), &place) || !package_is_variable(package, &place, 4))
		return BAD(check, "its state is no variable of 4 bytes, writable in the package");
	return 0;
}

/* Names are unique, and an object has one new version. */
static u32 check_unique(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;
	struct lucos_package_type other;

	for (u32 i = 0; i < check->index; i++) {
		package_type(check->package, i, &other);
		if (!strcmp(other.name, type->name))
			return BAD(check, "a second type of this name");
		if (type->cache[0] && !strcmp(other.cache, type->cache))
			return BAD(check, "a second type of cache %s, beside %s", type->cache, other.name);
	}
	return 0;
}

static bool is_once(const struct lucos_package_type *type)
{
	return type->transfer == LUCOS_TRANSFER_ONCE;
}

static bool is_monitored(const struct lucos_package_type *type)
{
	return type->placement != LUCOS_PLACEMENT_SHADOW && !is_once(type);
}

/* A transfer that fails while both versions live gives the new ones up, and what is transferred once is nowhere else. */
static u32 check_together(const struct check *check)
{
	const struct lucos_package_type *type = &check->type;
	struct lucos_package_type other;

	for (u32 i = 0; i < check->index; i++) {
		package_type(check->package, i, &other);
		if ((is_once(type) && is_monitored(&other)) || (is_monitored(type) && is_once(&other)))
			return BAD(check, "it is %s, and %s is %s: make two updates of them",
				is_once(type) ? "transferred once" : "kept coherent", other.name,
				is_once(type) ? "kept coherent" : "transferred once");
	}
	return 0;
}

u32 package_check_types(struct package *package, struct verdict *verdict)
{
	struct check check = { .package = package, .verdict = verdict };

	if (package_find_array(package, LUCOS_SECTION_TYPES, sizeof(check.type), LUCOS_MAX_TYPES, &package->types_section,
	    &package->types, &package->type_count, verdict) ||
	    package_check_addresses(package, LUCOS_SECTION_TYPES, package->types_section, &type_addresses, verdict))
		return verdict->refusal;

	for (; check.index < package->type_count; check.index++) {
		package_type(package, check.index, &check.type);
		if (!package_name_valid(check.type.name, sizeof(check.type.name)))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"type %u: its name is not [A-Za-z0-9][A-Za-z0-9._-]*", check.index);
		if (check_kinds(&check) || check_sizes(&check) || check_source(&check) || check_scratch(&check) ||
		    check_placement(&check) || check_lock(&check) || check_transfers(&check) || check_variables(&check) ||
		    check_unique(&check) || check_together(&check))
			return verdict->refusal;
	}
	return 0;
}

static u32 check_field(const struct package *package, u32 index, struct verdict *verdict)
{
	u32 type_index = package_field_type(package, index);
	struct lucos_package_field field;
	struct lucos_package_type type;

	if (type_index == package->type_count)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "field %u: its type is none of the package", index);
	package_field(package, index, &field);
	package_type(package, type_index, &type);
	if (type.placement == LUCOS_PLACEMENT_SHADOW)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"field %u: %s is a shadow, so nothing is transferred back", index, type.name);
	if (field.size == 0 || field.offset > type.old_size || field.size > type.old_size - field.offset)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"field %u: %u bytes at %u leave the old version of %s, of %u", index, field.size, field.offset,
			type.name, type.old_size);
	return 0;
}

u32 package_check_fields(struct package *package, struct verdict *verdict)
{
	if (package_find_array(package, LUCOS_SECTION_FIELDS, sizeof(struct lucos_package_field), LUCOS_MAX_FIELDS,
	    &package->fields_section, &package->fields, &package->field_count, verdict) ||
	    package_check_addresses(package, LUCOS_SECTION_FIELDS, package->fields_section, &field_addresses, verdict))
		return verdict->refusal;
	for (u32 i = 0; i < package->field_count; i++) {
		if (check_field(package, i, verdict))
			return verdict->refusal;
	}
	return 0;
}
