/*
 * Opens a hostile package: what this file accepts can be read through the accessors without further checks.
 * Order of the refusals: structure, then digest. Nothing here looks at the running kernel.
 */
#include <kernel/string.h>
#include "package.h"
#include "package_parts.h"
#include "sha256.h"

void package_function(const struct package *package, u32 index, struct lucos_package_function *function)
{
	memcpy(function, package->image.bytes + package->functions + (u64)index * sizeof(*function), sizeof(*function));
}

void package_dependency(const struct package *package, u32 index, struct lucos_package_dependency *dependency)
{
	memcpy(dependency, package->image.bytes + package->dependencies + (u64)index * sizeof(*dependency),
		sizeof(*dependency));
}

const u8 *package_old_bytes(const struct package *package, const struct lucos_package_function *function)
{
	return package->image.bytes + package->old_bytes + function->old_bytes_offset;
}

bool package_function_place(const struct package *package, u32 index, struct package_place *place)
{
	return package_follow(package, package->functions_section, (u64)index * sizeof(struct lucos_package_function) +
		offsetof(struct lucos_package_function, new_function), place) && package_is_code(package, place);
}

static u32 check_manifest(struct package *package, struct verdict *verdict)
{
	struct lucos_package_manifest *manifest = &package->manifest;
	u32 section, count;
	u64 offset;

	if (package_find_array(package, LUCOS_SECTION_MANIFEST, sizeof(*manifest), 1, &section, &offset, &count, verdict))
		return verdict->refusal;
	if (count != 1)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "there is no %s: is it an update package?",
			LUCOS_SECTION_MANIFEST);
	memcpy(manifest, package->image.bytes + offset, sizeof(*manifest));

	if (memcmp(manifest->magic, LUCOS_PACKAGE_MAGIC, 8))
		return refuse(
			verdict, LUCOS_REFUSAL_BAD_PACKAGE, "the manifest does not start with " LUCOS_PACKAGE_MAGIC);
	if (manifest->format_version != LUCOS_PACKAGE_FORMAT_VERSION || manifest->struct_size != sizeof(*manifest))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "package format %u is not format %u",
			manifest->format_version, LUCOS_PACKAGE_FORMAT_VERSION);
	if (!package_name_valid(manifest->name, sizeof(manifest->name)))
		return refuse(
			verdict, LUCOS_REFUSAL_BAD_PACKAGE, "the manifest's name is not [A-Za-z0-9][A-Za-z0-9._-]*");
	if (!package_text_is_word(manifest->version, sizeof(manifest->version)) ||
	    !package_text_printable(manifest->description, sizeof(manifest->description)))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: version or description is not printable text",
			manifest->name);
	if (manifest->flags != LUCOS_PACKAGE_FLAG_BUILT)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: not a built package (flags 0x%x)",
			manifest->name, manifest->flags);
	return 0;
}

static u32 check_dependencies(struct package *package, struct verdict *verdict)
{
	u32 section;

	if (package_find_array(package, LUCOS_SECTION_DEPS, sizeof(struct lucos_package_dependency), LUCOS_MAX_DEPENDENCIES,
	    &section, &package->dependencies, &package->dependency_count, verdict))
		return verdict->refusal;

	for (u32 i = 0; i < package->dependency_count; i++) {
		struct lucos_package_dependency dependency;

		package_dependency(package, i, &dependency);
		if ((dependency.kind != LUCOS_DEPENDENCY_DEPENDS_ON &&
			    dependency.kind != LUCOS_DEPENDENCY_CONFLICTS_WITH) ||
			dependency.pad || !package_name_valid(dependency.name, sizeof(dependency.name)) ||
			!package_text_is_word(dependency.version, sizeof(dependency.version)))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"dependency %u has a bad kind, name or version", i);
	}
	return 0;
}

static u32 check_function(struct package *package, u32 index, struct verdict *verdict)
{
	struct lucos_package_function function;
	struct package_place place;
	struct elf_section target;
	u8 hash[SHA256_SIZE];

	package_function(package, index, &function);
	if (!function.old_name[0] || !package_text_is_word(function.old_name, sizeof(function.old_name)) ||
	    !package_text_is_word(function.old_file, sizeof(function.old_file)))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"function %u: its name or file is not terminated, printable text", index);
	if (function.flags)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: unknown function flags 0x%x", function.old_name,
			function.flags);
	if (function.old_size == 0 || function.old_bytes_offset > package->old_bytes_size ||
	    function.old_size > package->old_bytes_size - function.old_bytes_offset)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"%s: %u old bytes at %u leave " LUCOS_SECTION_OLDBYTES " of %lu", function.old_name,
			function.old_size, function.old_bytes_offset, package->old_bytes_size);
	sha256_of(package_old_bytes(package, &function), function.old_size, hash);
	if (memcmp(hash, function.old_hash, sizeof(hash)))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"%s: the hash of the old bytes is not that of the old bytes", function.old_name);
	if (!package_function_place(package, index, &place))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: its new function is not code of the package",
			function.old_name);
	elf_image_section(&package->image, place.section, &target);
	if (function.new_size == 0 || function.new_size > target.size - place.offset)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s: %u new bytes leave their section",
			function.old_name, function.new_size);
	return 0;
}

/* Old bodies do not share bytes; or else hundreds of functions could each have the whole section hashed. */
static u32 check_old_bytes_share(struct package *package, struct verdict *verdict)
{
	struct lucos_package_function function;
	u64 claimed = 0;

	for (u32 i = 0; i < package->function_count; i++) {
		package_function(package, i, &function);
		claimed += function.old_size;
	}
	if (claimed <= package->old_bytes_size)
		return 0;
	return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "the functions claim %lu old bytes of " LUCOS_SECTION_OLDBYTES
		"'s %lu", claimed, package->old_bytes_size);
}

static u32 check_functions(struct package *package, struct verdict *verdict)
{
	u32 section, count;

	if (package_find_array(package, LUCOS_SECTION_OLDBYTES, 1, LUCOS_MAX_PACKAGE_BYTES, &section, &package->old_bytes,
	    &count, verdict))
		return verdict->refusal;
	package->old_bytes_size = count;
	if (package_find_array(package, LUCOS_SECTION_FUNCS, sizeof(struct lucos_package_function), LUCOS_MAX_FUNCTIONS,
	    &package->functions_section, &package->functions, &package->function_count, verdict))
		return verdict->refusal;
	if (package->function_count == 0)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "%s replaces no function: use LUCOS_REPLACE",
			package->manifest.name);
	if (check_old_bytes_share(package, verdict) ||
	    package_check_addresses(package, LUCOS_SECTION_FUNCS, package->functions_section,
		    &(struct package_addresses){ sizeof(struct lucos_package_function),
			    offsetof(struct lucos_package_function, new_function), 1 }, verdict))
		return verdict->refusal;
	for (u32 i = 0; i < package->function_count; i++) {
		if (check_function(package, i, verdict))
			return verdict->refusal;
	}
	return 0;
}

static u32 check_duplicates(struct package *package, struct verdict *verdict)
{
	for (u32 i = 0; i < package->function_count; i++) {
		struct lucos_package_function one, other;

		package_function(package, i, &one);
		for (u32 j = 0; j < i; j++) {
			package_function(package, j, &other);
			if (one.old_address == other.old_address)
				return refuse(verdict, LUCOS_REFUSAL_DUPLICATE_TARGET, "%s is replaced twice",
					one.old_name);
		}
	}
	return 0;
}

/* The signature's own bytes must not be shared with anything else, since its digest bytes are not digested. */
static u32 check_signature_alone(const struct package *package, u32 signature, struct verdict *verdict)
{
	const struct elf_image *image = &package->image;
	struct elf_section mine;
	u64 end;

	elf_image_section(image, signature, &mine);
	end = mine.offset + mine.size;
	if (mine.offset < 64 || (mine.offset < image->section_table + (u64)image->section_count * 64 &&
	    image->section_table < end))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			LUCOS_SECTION_SIG " overlaps the ELF header or section table");

	for (u32 i = 1; i < image->section_count; i++) {
		struct elf_section other;

		elf_image_section(image, i, &other);
		if (i == signature || other.type == ELF_SECTION_NOBITS || other.size == 0)
			continue;
		if (mine.offset < other.offset + other.size && other.offset < end)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, LUCOS_SECTION_SIG " overlaps section %u", i);
	}
	return 0;
}

static u32 check_signature(struct package *package, struct verdict *verdict)
{
	static const u8 zero[SHA256_SIZE];
	struct lucos_package_signature signature;
	const u8 *bytes = package->image.bytes;
	u32 section, count;
	u64 offset, digest;
	struct sha256 hash;

	if (package_find_array(package, LUCOS_SECTION_SIG, sizeof(signature), 1, &section, &offset, &count, verdict))
		return verdict->refusal;
	if (count != 1)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "there is no " LUCOS_SECTION_SIG "");
	if (check_signature_alone(package, section, verdict))
		return verdict->refusal;
	memcpy(&signature, bytes + offset, sizeof(signature));
	if (memcmp(signature.magic, LUCOS_SIGNATURE_MAGIC, 8) ||
		signature.algorithm != LUCOS_SIGNATURE_ALGORITHM_SHA256 || signature.pad)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, LUCOS_SECTION_SIG ": algorithm %u is not known",
			signature.algorithm);

	digest = offset + __builtin_offsetof(struct lucos_package_signature, digest);
	sha256_begin(&hash);
	sha256_add(&hash, bytes, digest);
	sha256_add(&hash, zero, sizeof(zero));
	sha256_add(&hash, bytes + digest + sizeof(zero), package->image.size - digest - sizeof(zero));
	sha256_end(&hash, package->digest);
	if (memcmp(package->digest, signature.digest, sizeof(package->digest)))
		return refuse(verdict, LUCOS_REFUSAL_DIGEST_MISMATCH,
			"%s: digest is %02x%02x%02x%02x..., the package says %02x%02x%02x%02x...",
			package->manifest.name, package->digest[0], package->digest[1], package->digest[2],
			package->digest[3], signature.digest[0], signature.digest[1], signature.digest[2],
			signature.digest[3]);
	return 0;
}

u32 package_open(struct package *package, const void *bytes, u64 size, struct verdict *verdict)
{
	memset(package, 0, sizeof(*package));
	verdict->refusal = 0;
	if (size > LUCOS_MAX_PACKAGE_BYTES)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "%lu bytes, at most %u are taken", size,
			LUCOS_MAX_PACKAGE_BYTES);
	if (elf_image_open(&package->image, bytes, size, verdict) || check_manifest(package, verdict) ||
		check_dependencies(package, verdict) || check_functions(package, verdict) ||
		package_check_types(package, verdict) || package_check_fields(package, verdict) ||
		package_check_handlers(package, verdict) || package_check_callbacks(package, verdict) ||
		check_signature(package, verdict) || check_duplicates(package, verdict))
		return verdict->refusal;
	return 0;
}
