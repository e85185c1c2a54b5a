/*
 * An update package (.lup) in kernel memory, checked on its own: structure, limits, strings and digest.
 * Whether it fits the running kernel is another file's question: kernel_match.h.
 */
#ifndef UM_PACKAGE_H
#define UM_PACKAGE_H

#include <kernel/types.h>
#include "elf_image.h"
#include "verdict.h"

/*
 * Where an address of the package leads: into a section of the package, to be added to where that section is loaded, or to
 * `symbol` of the kernel (kernel_match_import() finds it), which the offset is then from. `symbol` is NULL for a section.
 */
struct package_place {
	u32 section;
	u64 offset;
	const char *symbol;
};

struct package {
	struct elf_image image;
	struct lucos_package_manifest manifest;
	u8 digest[32];
	u32 function_count;
	u32 dependency_count;
	u32 callback_count;
	u32 type_count;
	u32 field_count;
	u32 handler_count;
	/* Where the arrays lie in the file. */
	u64 functions;
	u64 dependencies;
	u64 callbacks;
	u64 types;
	u64 fields;
	u64 handlers;
	u64 old_bytes;
	u64 old_bytes_size;
	/* Sections that hold them, for their relocations. */
	u32 functions_section;
	u32 callbacks_section;
	u32 types_section;
	u32 fields_section;
	u32 handlers_section;
	/* By callback: the index of what it is about. */
	u16 callback_subjects[LUCOS_MAX_CALLBACKS];
	/* By handler: the first function that it is about, and the type; type_count for none. */
	u16 handler_functions[LUCOS_MAX_HANDLERS];
	u16 handler_types[LUCOS_MAX_HANDLERS];
};

/* `bytes` must outlive the package. 0, or bad-package, too-large or digest-mismatch. */
u32 package_open(struct package *package, const void *bytes, u64 size, struct verdict *verdict);

/* Indices must be below the counts. */
void package_function(const struct package *package, u32 index, struct lucos_package_function *function);
void package_dependency(const struct package *package, u32 index, struct lucos_package_dependency *dependency);
void package_callback(const struct package *package, u32 index, struct lucos_package_callback *callback);
void package_type(const struct package *package, u32 index, struct lucos_package_type *type);
void package_field(const struct package *package, u32 index, struct lucos_package_field *field);
const u8 *package_old_bytes(const struct package *package, const struct lucos_package_function *function);

/* Where the code of function or callback `index` lies: in an executable section. False when its relocation says
 * otherwise. */
bool package_function_place(const struct package *package, u32 index, struct package_place *place);
bool package_callback_place(const struct package *package, u32 index, struct package_place *place);

/*
 * What callback `index` is about. For LUCOS_CALLBACK_FUNCTION_LEFT and _THREADS_LEFT the index of the first function that is
 * replaced by that new function (others may be too), for _DATA_LEFT that of the type. Means nothing for startup and cleanup.
 */
u32 package_callback_subject(const struct package *package, u32 index);

/*
 * Where address `member` of type `index` leads: offsetof(struct lucos_package_type, to_new), and so on. False when the type
 * has none. Functions, the new variable and the state are in the package; the old variable is the kernel's; the lock is either.
 */
bool package_type_place(const struct package *package, u32 index, u32 member, struct package_place *place);

/* The type that a field belongs to: its index. */
u32 package_field_type(const struct package *package, u32 index);

/* A name that updates and types may have: [A-Za-z0-9][A-Za-z0-9._-]{0,62}, terminated within `size`. */
bool package_name_valid(const char *name, u64 size);

#endif
