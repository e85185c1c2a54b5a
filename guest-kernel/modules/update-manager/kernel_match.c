/*
 * Compares a package with the running kernel, in the order in which refusals are promised: build-id, already applied,
 * dependencies and conflicts, symbols, variables, function size, expected bytes.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "kernel_match.h"
#include "kernel_view.h"
#include "updates.h"

#define CANDIDATES 4

static u32 match_build_id(const struct package *package, struct verdict *verdict)
{
	const u8 *wanted = package->manifest.build_id, *running = kernel_build_id();

	if (!memcmp(wanted, running, sizeof(package->manifest.build_id)))
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BUILD_ID_MISMATCH,
		"%s is for the kernel %02x%02x%02x%02x..., %02x%02x%02x%02x... runs",
		package->manifest.name, wanted[0], wanted[1], wanted[2], wanted[3], running[0], running[1],
		running[2], running[3]);
}

static u32 match_name(const struct package *package, struct verdict *verdict)
{
	struct update *update = updates_find(package->manifest.name);

	if (!update)
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_ALREADY_APPLIED, "%s %s stands already (%s)%s", update->name,
		update->version, lucos_update_state_name(update->state),
		update_in_force(update) ? "" : ": wait until lucosctl status does not list it any more");
}

static bool version_matches(const char *wanted, const char *version)
{
	return !wanted[0] || !strcmp(wanted, version);
}

static u32 match_dependencies(const struct package *package, struct verdict *verdict)
{
	const struct lucos_package_manifest *manifest = &package->manifest;
	struct lucos_package_dependency dependency;
	struct update *update;

	for (u32 i = 0; i < package->dependency_count; i++) {
		package_dependency(package, i, &dependency);
		update = updates_find(dependency.name);
		if (dependency.kind == LUCOS_DEPENDENCY_DEPENDS_ON &&
			(!update || !update_in_force(update) ||
				!version_matches(dependency.version, update->version)))
			return refuse(verdict, LUCOS_REFUSAL_DEPENDENCY_MISSING,
				"%s needs %s%s%s, which is not applied", manifest->name, dependency.name,
				dependency.version[0] ? " " : "", dependency.version);
		if (dependency.kind == LUCOS_DEPENDENCY_CONFLICTS_WITH && update &&
		    update->state != LUCOS_UPDATE_ROLLED_BACK && version_matches(dependency.version, update->version))
			return refuse(verdict, LUCOS_REFUSAL_CONFLICT, "%s conflicts with %s, which is applied",
				manifest->name, update->name);
	}
	return 0;
}

/* A standing update may have declared that it can't live beside this one. */
static u32 match_conflicts_of_others(const struct package *package, struct verdict *verdict)
{
	const struct lucos_package_manifest *manifest = &package->manifest;
	struct update *update;

	list_for_each(update, &update_list, link) {
		if (update->state == LUCOS_UPDATE_ROLLED_BACK)
			continue;
		for (u32 i = 0; i < update->dependency_count; i++) {
			const struct lucos_package_dependency *theirs = &update->dependencies[i];

			if (theirs->kind == LUCOS_DEPENDENCY_CONFLICTS_WITH && !strcmp(theirs->name, manifest->name) &&
			    version_matches(theirs->version, manifest->version))
				return refuse(verdict, LUCOS_REFUSAL_CONFLICT,
					"%s, which is applied, conflicts with %s", update->name, manifest->name);
		}
	}
	return 0;
}

static u32 refuse_ambiguous(const char *name, const struct kernel_symbol *found, u32 count, struct verdict *verdict)
{
	char list[128];
	int used = 0;

	list[0] = 0;
	for (u32 i = 0; i < count && i < CANDIDATES && used < (int)sizeof(list) - 1; i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			found[i].file[0] ? found[i].file : "(global)");
	return refuse(verdict, LUCOS_REFUSAL_AMBIGUOUS_SYMBOL, "%s is defined %u times (%s)", name,
		count, list);
}

/* Where LUCOS_STATIC_INFIX stands in a symbol; NULL when it doesn't. */
static const char *find_infix(const char *symbol)
{
	for (; *symbol; symbol++) {
		if (!strncmp(symbol, LUCOS_STATIC_INFIX, sizeof(LUCOS_STATIC_INFIX) - 1))
			return symbol;
	}
	return NULL;
}

/* Splits `helper.in.pipe.c` into name and file; `file` stays empty for a plain name. False when it is too long. */
static bool split_symbol(const char *symbol, char name[128], char file[64])
{
	const char *infix = find_infix(symbol);
	u64 length = infix ? (u64)(infix - symbol) : strlen(symbol);

	if (length >= 128)
		return false;
	memcpy(name, symbol, length);
	name[length] = 0;
	file[0] = 0;
	if (!infix)
		return true;
	infix += sizeof(LUCOS_STATIC_INFIX) - 1;
	return strlcpy(file, infix, 64) < 64;
}

/* What an undefined symbol of a package may stand for in the kernel: how many, and the first ones. */
static u32 find_imports(const char *symbol, struct kernel_symbol found[CANDIDATES])
{
	char name[128], file[64];

	return split_symbol(symbol, name, file) ? kernel_find_symbols(name, file, found, CANDIDATES) : 0;
}

bool kernel_match_import(const char *symbol, struct kernel_symbol *found)
{
	struct kernel_symbol candidates[CANDIDATES];

	if (find_imports(symbol, candidates) != 1)
		return false;
	*found = candidates[0];
	return true;
}

/* Everything that the package leaves undefined must be exactly one symbol of the kernel. */
static u32 match_symbols(const struct package *package, struct verdict *verdict)
{
	struct kernel_symbol found[CANDIDATES];

	for (u32 i = 1; i < package->image.symbol_count; i++) {
		struct elf_symbol symbol;
		const char *text;
		u32 count;

		elf_image_symbol(&package->image, i, &symbol);
		if (symbol.section != ELF_UNDEFINED)
			continue;
		text = elf_image_symbol_name(&package->image, &symbol);
		if (!text[0])
			continue;
		count = find_imports(text, found);
		if (count == 0)
			return refuse(verdict, LUCOS_REFUSAL_MISSING_SYMBOL, "%s: the kernel has no symbol %.100s",
				package->manifest.name, text);
		if (count > 1)
			return refuse_ambiguous(text, found, count, verdict);
	}
	return 0;
}

/* The kernel's variable behind an address of a type must have `size` bytes. What the package itself holds has been checked. */
static u32 match_variable(const struct package *package, u32 type_index, u32 member, u32 size, struct verdict *verdict)
{
	struct lucos_package_type type;
	struct kernel_symbol found;
	struct package_place place;

	if (!package_type_place(package, type_index, member, &place) || !place.symbol)
		return 0;
	package_type(package, type_index, &type);
	if (kernel_match_import(place.symbol, &found) && !found.function && place.offset <= found.size &&
	    size <= found.size - place.offset)
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "type %s: the kernel's %.100s is no variable of %u bytes at +0x%lx",
		type.name, place.symbol, size, place.offset);
}

static u32 match_types(const struct package *package, struct verdict *verdict)
{
	for (u32 i = 0; i < package->type_count; i++) {
		struct lucos_package_type type;

		package_type(package, i, &type);
		if (match_variable(package, i, offsetof(struct lucos_package_type, old_variable), type.old_size, verdict) ||
		    match_variable(package, i, offsetof(struct lucos_package_type, lock), type.lock_size, verdict))
			return verdict->refusal;
	}
	return 0;
}

static u32 match_target(const struct lucos_package_function *function, struct verdict *verdict)
{
	struct kernel_symbol found[CANDIDATES];
	u32 count = kernel_find_symbols(function->old_name, function->old_file, found, CANDIDATES);

	if (count == 0)
		return refuse(verdict, LUCOS_REFUSAL_MISSING_SYMBOL, "%s%s%s to be replaced is not in the kernel",
			function->old_name, function->old_file[0] ? " of " : "", function->old_file);
	if (count > 1)
		return refuse_ambiguous(function->old_name, found, count, verdict);
	if (!found[0].function || found[0].address != function->old_address || found[0].size != function->old_size)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"%s is at 0x%lx+%lu in the kernel, the package says 0x%lx+%u", function->old_name,
			found[0].address, found[0].size, function->old_address, function->old_size);
	return 0;
}

/* A short function is good enough when nothing but one-byte padding follows it, up to where the jump ends. */
static u32 match_size(const struct lucos_package_function *function, struct verdict *verdict)
{
	u8 entry[LUCOS_JUMP_SIZE];
	u32 at = function->old_size;

	if (at >= LUCOS_JUMP_SIZE)
		return 0;
	if (kernel_read_text(function->old_address, entry, sizeof(entry))) {
		while (at < LUCOS_JUMP_SIZE && (entry[at] == 0x90 || entry[at] == 0xcc))
			at++;
		if (at == LUCOS_JUMP_SIZE)
			return 0;
	}
	return refuse(verdict, LUCOS_REFUSAL_FUNCTION_TOO_SHORT,
		"%s has %u bytes, the jump to its replacement needs %u", function->old_name, function->old_size,
		LUCOS_JUMP_SIZE);
}

/*
 * The body as the booted kernel had it: memory, but for the bytes that the jump of an applied update covers, which
 * come from what was recorded when it was applied. What that jump overwrote is compared, not the jump.
 */
static bool booted_body(const struct lucos_package_function *function, u8 *body)
{
	u32 index;
	struct update *top = updates_top(function->old_address, NULL, &index);

	if (!kernel_read_text(function->old_address, body, function->old_size))
		return false;
	if (top)
		memcpy(body, (const void *)top->functions[index].old_bytes, MIN(function->old_size, LUCOS_JUMP_SIZE));
	return true;
}

static void hex(char *text, const u8 *bytes, u32 count)
{
	for (u32 i = 0; i < count; i++)
		snprintf(text + 3 * i, 4, i + 1 < count ? "%02x " : "%02x", bytes[i]);
}

static u32 match_bytes(const struct package *package, const struct lucos_package_function *function, u8 *body,
	struct verdict *verdict)
{
	const u8 *expected = package_old_bytes(package, function);
	char wanted[3 * 8 + 1] = "", there[3 * 8 + 1] = "";
	u32 at = 0, shown;

	if (!booted_body(function, body))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: 0x%lx+%u is not kernel text", function->old_name,
			function->old_address, function->old_size);
	if (!memcmp(expected, body, function->old_size))
		return 0;
	while (expected[at] == body[at])
		at++;
	shown = function->old_size - at < 8 ? function->old_size - at : 8;
	hex(wanted, expected + at, shown);
	hex(there, body + at, shown);
	return refuse(verdict, LUCOS_REFUSAL_OLD_BYTES_MISMATCH, "%s+0x%x: expected %s, found %s", function->old_name,
		at, wanted, there);
}

static u32 match_functions(const struct package *package, struct verdict *verdict)
{
	struct lucos_package_function function;
	u32 largest = 0;
	u8 *body;

	for (u32 i = 0; i < package->function_count; i++) {
		package_function(package, i, &function);
		if (match_target(&function, verdict))
			return verdict->refusal;
		if (function.old_size > largest)
			largest = function.old_size;
	}
	for (u32 i = 0; i < package->function_count; i++) {
		package_function(package, i, &function);
		if (match_size(&function, verdict))
			return verdict->refusal;
	}

	body = kmalloc(largest);
	if (!body)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "no %u bytes to compare function bodies in", largest);
	for (u32 i = 0; i < package->function_count; i++) {
		package_function(package, i, &function);
		if (match_bytes(package, &function, body, verdict))
			break;
	}
	kfree(body);
	return verdict->refusal;
}

u32 kernel_match(const struct package *package, struct verdict *verdict)
{
	verdict->refusal = 0;
	if (match_build_id(package, verdict) || match_name(package, verdict) || match_dependencies(package, verdict) ||
	    match_conflicts_of_others(package, verdict) || match_symbols(package, verdict) ||
	    match_types(package, verdict) ||
	    match_functions(package, verdict))
		return verdict->refusal;
	return 0;
}
