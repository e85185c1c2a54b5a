/*
 * An update package (.lup) in kernel memory, checked on its own: structure, limits, strings and digest.
 * Whether it fits the running kernel is another file's question: kernel_match.h.
 */
#ifndef UM_PACKAGE_H
#define UM_PACKAGE_H

#include <kernel/types.h>
#include "elf_image.h"
#include "verdict.h"

/* Where a new function or callback lies: in a section of the package, to be added to where that section is loaded. */
struct package_place {
	u32 section;
	u64 offset;
};

struct package {
	struct elf_image image;
	struct lucos_package_manifest manifest;
	u8 digest[32];
	u32 function_count;
	u32 dependency_count;
	u32 callback_count;
	/* Where the arrays lie in the file. */
	u64 functions;
	u64 dependencies;
	u64 callbacks;
	u64 old_bytes;
	u64 old_bytes_size;
	/* Sections that hold them, for their relocations. */
	u32 functions_section;
	u32 callbacks_section;
};

/* `bytes` must outlive the package. 0, or bad-package, too-large or digest-mismatch. */
u32 package_open(struct package *package, const void *bytes, u64 size, struct verdict *verdict);

/* Indices must be below the counts. */
void package_function(const struct package *package, u32 index, struct lucos_package_function *function);
void package_dependency(const struct package *package, u32 index, struct lucos_package_dependency *dependency);
void package_callback(const struct package *package, u32 index, struct lucos_package_callback *callback);
const u8 *package_old_bytes(const struct package *package, const struct lucos_package_function *function);

/* Where the code of function or callback `index` lies: in an executable section. False when its relocation says
 * otherwise. */
bool package_function_place(const struct package *package, u32 index, struct package_place *place);
bool package_callback_place(const struct package *package, u32 index, struct package_place *place);

/* A name that updates may have: [A-Za-z0-9][A-Za-z0-9._-]{0,62}, terminated within `size`. */
bool package_name_valid(const char *name, u64 size);

#endif
