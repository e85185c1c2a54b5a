/* Makes packages for the tests: a well-formed one, with what a test wants to be wrong about it. */
#ifndef BUILDER_H
#define BUILDER_H

#include <kernel/types.h>
#include <lucos_abi.h>
#include "../elf_image.h"

#define MADE_MAX 16384
#define MADE_DATA_SIZE 64
#define MADE_TYPES_MAX 3

/* Sections of a made package, in the file's order. */
enum { MADE_NULL, MADE_TEXT, MADE_MANIFEST, MADE_DEPS, MADE_FUNCS, MADE_RELA_FUNCS, MADE_OLDBYTES, MADE_CALLBACKS,
	MADE_RELA_CALLBACKS, MADE_DATA, MADE_TYPES, MADE_RELA_TYPES, MADE_FIELDS, MADE_RELA_FIELDS, MADE_SIG, MADE_SYMTAB,
	MADE_STRTAB, MADE_SHSTRTAB, MADE_SECTIONS };

/* Symbols of a made package. Those of sections mean their start; the undefined ones come last. */
enum { MADE_SYMBOL_NULL, MADE_SYMBOL_TEXT, MADE_SYMBOL_DATA, MADE_SYMBOL_TYPES, MADE_SYMBOL_ABSOLUTE, MADE_SYMBOL_UNDEFINED };

/* Relocations of one section. */
struct made_relocations {
	struct elf_relocation entries[32];
	u32 count;
};

struct made {
	/* Set by recipe_default; tests change them before make(). */
	struct lucos_package_manifest manifest;
	struct lucos_package_dependency deps[4];
	u32 dep_count;
	struct lucos_package_function funcs[4];
	u32 func_count;
	struct lucos_package_callback callbacks[4];
	u32 callback_count;
	struct made_relocations subjects;
	struct lucos_package_type types[MADE_TYPES_MAX];
	u32 type_count;
	struct made_relocations type_addresses;
	struct lucos_package_field fields[4];
	u32 field_count;
	struct made_relocations field_types;
	u8 oldbytes[256];
	u32 oldbytes_size;
	const char *undefined[4];	/* symbols that the package takes from the kernel */
	/* Filled in by make(). */
	u8 bytes[MADE_MAX] __aligned(16);
	u64 size;
	u64 offset[MADE_SECTIONS];	/* of each section in the file */
	u64 section_table;
};

/* fix-answer 1.0, which replaces the made-up kernel's `answer` and needs its `helper`. */
void recipe_default(struct made *made);
/* Adds the made-up kernel's function `name` to what is replaced. */
void recipe_replace(struct made *made, const char *name);
/* Adds type "pipes" of the objects of cache "pipe", 16 bytes that become 24. */
void recipe_cache(struct made *made);
/* Adds type "numbers" of the made-up kernel's variable `number`, 8 bytes that become 16. */
void recipe_variable(struct made *made);
/* Both types, a preserved field of each, and a callback of each kind. */
void recipe_data(struct made *made);
/* Lets a symbol fill address `member` of type `index`, in the place of what did; MADE_SYMBOL_NULL: nothing does. */
void recipe_address(struct made *made, u32 index, u32 member, u32 symbol, s64 addend);
/* Adds a preserved field of what the symbol and addend lead to. */
void recipe_field(struct made *made, u32 symbol, s64 addend, u32 offset, u32 size);
/* Adds a callback about what the symbol and addend lead to; MADE_SYMBOL_NULL: about nothing. */
void recipe_callback(struct made *made, u32 kind, u32 symbol, s64 addend);
void make(struct made *made);
/* Computes the digest anew, after a test has changed bytes. */
void reseal(struct made *made);

#endif
