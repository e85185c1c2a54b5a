/* Makes packages for the tests: a well-formed one, with what a test wants to be wrong about it. */
#ifndef BUILDER_H
#define BUILDER_H

#include <kernel/types.h>
#include <lucos_abi.h>

#define MADE_MAX 16384

/* Sections of a made package, in the file's order. */
enum { MADE_NULL, MADE_TEXT, MADE_MANIFEST, MADE_DEPS, MADE_FUNCS, MADE_RELA_FUNCS, MADE_OLDBYTES, MADE_CALLBACKS,
	MADE_RELA_CALLBACKS, MADE_SIG, MADE_SYMTAB, MADE_STRTAB, MADE_SHSTRTAB, MADE_SECTIONS };

struct made {
	/* Set by recipe_default; tests change them before make(). */
	struct lucos_package_manifest manifest;
	struct lucos_package_dependency deps[4];
	u32 dep_count;
	struct lucos_package_function funcs[4];
	u32 func_count;
	struct lucos_package_callback callbacks[4];
	u32 callback_count;
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
void make(struct made *made);
/* Computes the digest anew, after a test has changed bytes. */
void reseal(struct made *made);

#endif
