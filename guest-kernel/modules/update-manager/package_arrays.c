/* The arrays of a package, and where the addresses in them lead. */
#include <kernel/string.h>
#include "package_parts.h"

#define MOST_ADDRESSES 1024	/* of one array */

static_assert(LUCOS_MAX_FUNCTIONS <= MOST_ADDRESSES && LUCOS_MAX_CALLBACKS * 2 <= MOST_ADDRESSES &&
	LUCOS_MAX_TYPES * 9 <= MOST_ADDRESSES && LUCOS_MAX_FIELDS <= MOST_ADDRESSES &&
	LUCOS_MAX_HANDLERS * 2 <= MOST_ADDRESSES, "the largest array's addresses fit");

u32 package_find_array(const struct package *package, const char *name, u64 entry_size, u32 limit, u32 *index,
	u64 *offset, u32 *count, struct verdict *verdict)
{
	int found = elf_image_find_section(&package->image, name);
	struct elf_section section;

	*index = 0;
	*offset = 0;
	*count = 0;
	if (found == 0)
		return 0;
	if (found < 0)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "there are several sections %s", name);
	elf_image_section(&package->image, found, &section);
	if (section.type == ELF_SECTION_NOBITS || section.size % entry_size)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"section %s: %lu bytes are not a whole number of %lu-byte entries",
			name, section.size, entry_size);
	if (section.size / entry_size > limit)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "section %s: %lu entries, at most %u are taken", name,
			(section.size / entry_size), limit);
	*index = found;
	*offset = section.offset;
	*count = section.size / entry_size;
	return 0;
}

/* Marks the address that the relocation fills; false when it fills none, or a second one fills it. */
static bool take(const struct package_addresses *addresses, const struct elf_relocation *relocation, u64 *taken)
{
	u64 at = relocation->offset % addresses->entry_size, bit;

	if (relocation->type != ELF_RELOCATION_64 || at < addresses->first ||
	    at >= addresses->first + 8UL * addresses->count || (at - addresses->first) % 8)
		return false;
	bit = relocation->offset / addresses->entry_size * addresses->count + (at - addresses->first) / 8;
	if (bit >= MOST_ADDRESSES || taken[bit / 64] & 1UL << bit % 64)
		return false;
	taken[bit / 64] |= 1UL << bit % 64;
	return true;
}

u32 package_check_addresses(const struct package *package, const char *name, u32 section,
	const struct package_addresses *addresses, struct verdict *verdict)
{
	struct elf_relocation_walk walk = { .target = section };
	u64 taken[MOST_ADDRESSES / 64] = { 0 };
	struct elf_relocation relocation;

	while (section && elf_image_next_relocation(&package->image, &walk, &relocation)) {
		if (!take(addresses, &relocation, taken))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"%s+0x%lx: a relocation of type %u: each address takes one R_X86_64_64, nothing else does",
				name, relocation.offset, relocation.type);
	}
	return 0;
}

bool package_follow(const struct package *package, u32 section, u64 offset, struct package_place *place)
{
	const struct elf_image *image = &package->image;
	struct elf_relocation relocation;
	struct elf_symbol symbol;

	if (!elf_image_find_relocation(image, section, offset, &relocation) || relocation.type != ELF_RELOCATION_64)
		return false;
	elf_image_symbol(image, relocation.symbol, &symbol);
	*place = (struct package_place){ .section = symbol.section, .offset = symbol.value + (u64)relocation.addend };
	if (symbol.section != ELF_UNDEFINED)
		return symbol.section < image->section_count;
	place->symbol = elf_image_symbol_name(image, &symbol);
	place->offset = relocation.addend;
	return relocation.symbol && place->symbol[0];
}

bool package_is_code(const struct package *package, const struct package_place *place)
{
	struct elf_section section;

	if (place->symbol)
		return false;
	elf_image_section(&package->image, place->section, &section);
	return section.flags & ELF_FLAG_EXEC && section.flags & ELF_FLAG_ALLOC && place->offset < section.size;
}

bool package_is_variable(const struct package *package, const struct package_place *place, u64 size)
{
	struct elf_section section;

	if (place->symbol)
		return false;
	elf_image_section(&package->image, place->section, &section);
	return section.flags & ELF_FLAG_WRITE && section.flags & ELF_FLAG_ALLOC && !(section.flags & ELF_FLAG_EXEC) &&
		place->offset <= section.size && size <= section.size - place->offset;
}
