/*
 * The checks that make a hostile ELF image safe to read. Nothing here follows an offset that was not compared with
 * the image's size first, and comparisons are written so that they can't overflow (`size - offset`, never
 * `offset + n`).
 */
#include <kernel/string.h>
#include "elf_image.h"

#define HEADER_SIZE	64
#define SECTION_SIZE	64
#define SYMBOL_SIZE	24
#define RELA_SIZE	24

#define TYPE_RELOCATABLE	1
#define MACHINE_X86_64		62

/* Fields of the file header, by their offsets in the ELF-64 specification. */
enum { E_TYPE = 16, E_MACHINE = 18, E_VERSION = 20, E_SHOFF = 40, E_EHSIZE = 52, E_PHNUM = 56, E_SHENTSIZE = 58,
	E_SHNUM = 60, E_SHSTRNDX = 62 };

static u64 field(const u8 *at, int width)
{
	u64 value = 0;

	memcpy(&value, at, width);
	return value;
}

static bool contains(u64 whole, u64 offset, u64 length)
{
	return offset <= whole && length <= whole - offset;
}

void elf_image_section(const struct elf_image *image, u32 index, struct elf_section *section)
{
	memcpy(section, image->bytes + image->section_table + (u64)index * SECTION_SIZE, SECTION_SIZE);
}

void elf_image_symbol(const struct elf_image *image, u32 index, struct elf_symbol *symbol)
{
	struct elf_section table;

	elf_image_section(image, image->symbols, &table);
	memcpy(symbol, image->bytes + table.offset + (u64)index * SYMBOL_SIZE, SYMBOL_SIZE);
}

const char *elf_image_section_name(const struct elf_image *image, const struct elf_section *section)
{
	struct elf_section names;

	elf_image_section(image, image->section_names, &names);
	return (const char *)image->bytes + names.offset + section->name;
}

const char *elf_image_symbol_name(const struct elf_image *image, const struct elf_symbol *symbol)
{
	struct elf_section table, names;

	elf_image_section(image, image->symbols, &table);
	elf_image_section(image, table.link, &names);
	return (const char *)image->bytes + names.offset + symbol->name;
}

int elf_image_find_section(const struct elf_image *image, const char *name)
{
	int found = 0;

	for (u32 i = 1; i < image->section_count; i++) {
		struct elf_section section;

		elf_image_section(image, i, &section);
		if (strcmp(elf_image_section_name(image, &section), name))
			continue;
		if (found)
			return -1;
		found = i;
	}
	return found;
}

bool elf_image_next_relocation(const struct elf_image *image, struct elf_relocation_walk *walk,
	struct elf_relocation *relocation)
{
	for (; walk->table < image->section_count; walk->table++, walk->at = 0) {
		struct elf_section section;

		elf_image_section(image, walk->table, &section);
		if (section.type != ELF_SECTION_RELA || section.info != walk->target || walk->at >= section.size)
			continue;
		memcpy(relocation, image->bytes + section.offset + walk->at, RELA_SIZE);
		walk->at += RELA_SIZE;
		return true;
	}
	return false;
}

bool elf_image_find_relocation(const struct elf_image *image, u32 target, u64 offset, struct elf_relocation *found)
{
	struct elf_relocation_walk walk = { .target = target };
	struct elf_relocation relocation;
	u32 hits = 0;

	while (elf_image_next_relocation(image, &walk, &relocation)) {
		if (relocation.offset != offset)
			continue;
		*found = relocation;
		hits++;
	}
	return hits == 1;
}

static u32 check_header(struct elf_image *image, struct verdict *verdict)
{
	static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little-endian */, 1 };
	const u8 *bytes = image->bytes;

	if (image->size < HEADER_SIZE)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"%lu bytes are too few for an ELF header: send the whole file", image->size);
	if (memcmp(bytes, ident, sizeof(ident)) || field(bytes + E_VERSION, 4) != 1)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "not a little-endian ELF64 file: is it a .lup?");
	if (field(bytes + E_TYPE, 2) != TYPE_RELOCATABLE || field(bytes + E_MACHINE, 2) != MACHINE_X86_64)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"ELF type %u machine %u: a package is a relocatable x86-64 object",
			(unsigned)field(bytes + E_TYPE, 2), (unsigned)field(bytes + E_MACHINE, 2));
	if (field(bytes + E_EHSIZE, 2) != HEADER_SIZE || field(bytes + E_SHENTSIZE, 2) != SECTION_SIZE ||
	    field(bytes + E_PHNUM, 2) != 0)
		return refuse(
			verdict, LUCOS_REFUSAL_BAD_PACKAGE, "ELF header with unusual entry sizes or program headers");

	image->section_table = field(bytes + E_SHOFF, 8);
	image->section_count = field(bytes + E_SHNUM, 2);
	image->section_names = field(bytes + E_SHSTRNDX, 2);
	if (image->section_count > ELF_IMAGE_MAX_SECTIONS)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "%u sections, at most %u are taken",
			image->section_count, ELF_IMAGE_MAX_SECTIONS);
	if (image->section_count < 2 || image->section_table < HEADER_SIZE ||
	    !contains(image->size, image->section_table, (u64)image->section_count * SECTION_SIZE))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"section table of %u at 0x%lx leaves the file of %lu bytes", image->section_count,
			image->section_table, image->size);
	if (image->section_names == 0 || image->section_names >= image->section_count)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "no section holds the section names");
	return 0;
}

static bool is_string_table(const struct elf_image *image, u32 index)
{
	struct elf_section section;

	if (index == 0 || index >= image->section_count)
		return false;
	elf_image_section(image, index, &section);
	return section.type == ELF_SECTION_STRTAB && section.size > 0 &&
		contains(image->size, section.offset, section.size) &&
		image->bytes[section.offset + section.size - 1] == 0;
}

/* Extent, alignment and name of each section; finds the symbol table. */
static u32 check_sections(struct elf_image *image, struct verdict *verdict)
{
	struct elf_section names;
	u64 memory = 0, contents = 0;

	if (!is_string_table(image, image->section_names))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"section names (section %u) are not a terminated string table", image->section_names);
	elf_image_section(image, image->section_names, &names);

	for (u32 i = 0; i < image->section_count; i++) {
		struct elf_section section;

		elf_image_section(image, i, &section);
		if (section.name >= names.size)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"section %u: its name leaves the string table", i);
		if (i == 0 ? section.type != ELF_SECTION_NULL || section.size :
		    section.type == ELF_SECTION_NULL || section.type == ELF_SECTION_REL)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "section %u: type %u is not allowed", i,
				section.type);
		if (section.type != ELF_SECTION_NOBITS && !contains(image->size, section.offset, section.size))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"section %u: %lu bytes at 0x%lx leave the file", i, section.size, section.offset);
		if (section.type != ELF_SECTION_NOBITS) {
			/* What overlaps would be read once per section: a small file must not make much work. */
			if (section.size > image->size - contents)
				return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
					"section %u: sections overlap in the file", i);
			contents += section.size;
		}
		if (section.alignment > 4096 || (section.alignment & (section.alignment - 1) && section.alignment))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "section %u: alignment %lu", i,
				section.alignment);
		if (section.flags & ELF_FLAG_ALLOC) {
			if (section.size > ELF_IMAGE_MAX_MEMORY - memory)
				return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE,
					"section %u: more than %lu bytes to load", i, ELF_IMAGE_MAX_MEMORY);
			memory += section.size;
		}
		if (section.type == ELF_SECTION_SYMTAB) {
			if (image->symbols)
				return refuse(
					verdict, LUCOS_REFUSAL_BAD_PACKAGE, "section %u: a second symbol table", i);
			image->symbols = i;
		}
	}
	if (!image->symbols)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE, "there is no symbol table: was the file stripped?");
	return 0;
}

static u32 check_symbols(struct elf_image *image, struct verdict *verdict)
{
	struct elf_section table, names;

	elf_image_section(image, image->symbols, &table);
	if (table.entry_size != SYMBOL_SIZE || table.size % SYMBOL_SIZE || table.size == 0)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"the symbol table is not an array of %u-byte entries", SYMBOL_SIZE);
	if (table.size / SYMBOL_SIZE > ELF_IMAGE_MAX_SYMBOLS)
		return refuse(verdict, LUCOS_REFUSAL_TOO_LARGE, "%lu symbols, at most %u are taken",
			(table.size / SYMBOL_SIZE), ELF_IMAGE_MAX_SYMBOLS);
	image->symbol_count = table.size / SYMBOL_SIZE;
	if (!is_string_table(image, table.link))
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"symbol names (section %u) are not a terminated string table", table.link);
	elf_image_section(image, table.link, &names);

	for (u32 i = 0; i < image->symbol_count; i++) {
		struct elf_section section;
		struct elf_symbol symbol;

		elf_image_symbol(image, i, &symbol);
		if (symbol.name >= names.size)
			return refuse(
				verdict, LUCOS_REFUSAL_BAD_PACKAGE, "symbol %u: its name leaves the string table", i);
		if (symbol.section == ELF_UNDEFINED || symbol.section == ELF_ABSOLUTE)
			continue;
		if (symbol.section >= image->section_count)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"symbol %u: section %u (common symbols are not taken: compile with -fno-common)",
				i, symbol.section);
		elf_image_section(image, symbol.section, &section);
		if (!contains(section.size, symbol.value, symbol.size))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"symbol %u: 0x%lx+%lu leaves its section %u", i, symbol.value, symbol.size,
				symbol.section);
	}
	return 0;
}

/* How many bytes a relocation of that type writes; -1 for a type that the kernel's loader doesn't know. */
static int relocation_width(u32 type)
{
	switch (type) {
	case 0:			/* R_X86_64_NONE */
		return 0;
	case ELF_RELOCATION_64:
	case 24:		/* R_X86_64_PC64 */
		return 8;
	case 2:			/* R_X86_64_PC32 */
	case 4:			/* R_X86_64_PLT32 */
	case 10:		/* R_X86_64_32 */
	case 11:		/* R_X86_64_32S */
		return 4;
	}
	return -1;
}

static u32 check_relocations(const struct elf_image *image, u32 index, struct verdict *verdict)
{
	struct elf_section table, target;

	elf_image_section(image, index, &table);
	if (table.entry_size != RELA_SIZE || table.size % RELA_SIZE || table.link != image->symbols ||
	    table.info == 0 || table.info >= image->section_count)
		return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
			"section %u: relocations with bad entry size, symbols or target", index);
	elf_image_section(image, table.info, &target);

	for (u64 at = 0; at < table.size; at += RELA_SIZE) {
		struct elf_relocation relocation;
		int width;

		memcpy(&relocation, image->bytes + table.offset + at, RELA_SIZE);
		width = relocation_width(relocation.type);
		if (width < 0)
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"section %u+0x%lx: relocation type %u is not known: compile with the kernel's flags",
				index, at, relocation.type);
		if (relocation.symbol >= image->symbol_count || target.type == ELF_SECTION_NOBITS ||
		    !contains(target.size, relocation.offset, width))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"section %u+0x%lx: relocation leaves its target or the symbol table",
				index, at);
	}
	return 0;
}

u32 elf_image_open(struct elf_image *image, const void *bytes, u64 size, struct verdict *verdict)
{
	*image = (struct elf_image){ .bytes = bytes, .size = size };

	if (check_header(image, verdict) || check_sections(image, verdict) || check_symbols(image, verdict))
		return verdict->refusal;

	for (u32 i = 1; i < image->section_count; i++) {
		struct elf_section section;

		elf_image_section(image, i, &section);
		if (section.type == ELF_SECTION_RELA && check_relocations(image, i, verdict))
			return verdict->refusal;
	}
	return 0;
}
