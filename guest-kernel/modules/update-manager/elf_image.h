/*
 * A relocatable ELF64 image in memory, whose every offset, index and string has been checked once by elf_image_open().
 * After that the accessors below can't leave the image, whatever the file says.
 */
#ifndef UM_ELF_IMAGE_H
#define UM_ELF_IMAGE_H

#include <kernel/types.h>
#include "verdict.h"

#define ELF_IMAGE_MAX_SECTIONS	4096
#define ELF_IMAGE_MAX_SYMBOLS	65536
#define ELF_IMAGE_MAX_MEMORY	(4UL << 20)	/* what the sections may occupy once loaded */

struct elf_image {
	const u8 *bytes;
	u64 size;
	u64 section_table;	/* offset in the file */
	u32 section_count;
	u32 section_names;	/* section that holds the section names */
	u32 symbols;		/* section that holds the symbols */
	u32 symbol_count;
};

struct elf_section {
	u32 name;
	u32 type;
	u64 flags;
	u64 address;
	u64 offset;
	u64 size;
	u32 link;
	u32 info;
	u64 alignment;
	u64 entry_size;
};

struct elf_symbol {
	u32 name;
	u8 info;
	u8 other;
	u16 section;
	u64 value;
	u64 size;
};

struct elf_relocation {
	u64 offset;
	u32 type;
	u32 symbol;
	s64 addend;
};

#define ELF_SECTION_NULL	0
#define ELF_SECTION_PROGBITS	1
#define ELF_SECTION_SYMTAB	2
#define ELF_SECTION_STRTAB	3
#define ELF_SECTION_RELA	4
#define ELF_SECTION_NOBITS	8
#define ELF_SECTION_REL		9

#define ELF_FLAG_WRITE		1
#define ELF_FLAG_ALLOC		2
#define ELF_FLAG_EXEC		4

#define ELF_UNDEFINED		0
#define ELF_RESERVED_FIRST	0xff00
#define ELF_ABSOLUTE		0xfff1

#define ELF_SYMBOL_FUNCTION	2
#define ELF_SYMBOL_WEAK		2

#define ELF_RELOCATION_64	1

/* Checks the whole image; 0, or bad-package / too-large with the place that is wrong. */
u32 elf_image_open(struct elf_image *image, const void *bytes, u64 size, struct verdict *verdict);

/* `index` must be below section_count (or symbol_count). */
void elf_image_section(const struct elf_image *image, u32 index, struct elf_section *section);
void elf_image_symbol(const struct elf_image *image, u32 index, struct elf_symbol *symbol);
const char *elf_image_section_name(const struct elf_image *image, const struct elf_section *section);
const char *elf_image_symbol_name(const struct elf_image *image, const struct elf_symbol *symbol);

/* The only section of that name: its index; 0 when there is none; -1 when there are several. */
int elf_image_find_section(const struct elf_image *image, const char *name);

/* How far a walk over the relocations of section `target` has come; the rest starts as zero. */
struct elf_relocation_walk {
	u32 target;
	u32 table;
	u64 at;
};

/* The next relocation of the walk; false when there is none left. */
bool elf_image_next_relocation(const struct elf_image *image, struct elf_relocation_walk *walk,
	struct elf_relocation *relocation);

/* The relocation that fills the 8 bytes at `offset` of section `target`; false when there isn't exactly one. */
bool elf_image_find_relocation(const struct elf_image *image, u32 target, u64 offset, struct elf_relocation *found);

#endif
