/* What the files that check a package share. Callers of package_open() need none of it. */
#ifndef UM_PACKAGE_PARTS_H
#define UM_PACKAGE_PARTS_H

#include "package.h"

/* Text that may be printed: terminated UTF-8 without control characters. */
bool package_text_printable(const char *text, u64 size);
/* One word of printable ASCII: a version, the name of a function, file or cache. May be empty. */
bool package_text_is_word(const char *text, u64 size);

/*
 * Finds the array in section `name`. A section that is missing has no entries; whether that is allowed is the
 * caller's question.
 */
u32 package_find_array(const struct package *package, const char *name, u64 entry_size, u32 limit, u32 *index,
	u64 *offset, u32 *count, struct verdict *verdict);

/* Where the addresses of an entry lie: `count` of them side by side. */
struct package_addresses {
	u32 entry_size;
	u32 first;
	u32 count;
};

/* Each address of the array has at most one relocation, an R_X86_64_64, and nothing else in the array has any. */
u32 package_check_addresses(const struct package *package, const char *name, u32 section,
	const struct package_addresses *addresses, struct verdict *verdict);

/* Where the relocation at `offset` of `section` leads; false when there is none, or it leads out of package and kernel. */
bool package_follow(const struct package *package, u32 section, u64 offset, struct package_place *place);

/* The place is in an executable section of the package. */
bool package_is_code(const struct package *package, const struct package_place *place);
/* `size` bytes at the place are in a writable section of the package. */
bool package_is_variable(const struct package *package, const struct package_place *place, u64 size);

/* The type that starts at the place: its index, or type_count. */
u32 package_type_at(const struct package *package, const struct package_place *place);

/* The first function whose replacement starts at the place: its index, or function_count. */
u32 package_function_at(const struct package *package, const struct package_place *place);

u32 package_check_types(struct package *package, struct verdict *verdict);
u32 package_check_fields(struct package *package, struct verdict *verdict);
/* These ask for the functions and types, so they come behind them. */
u32 package_check_handlers(struct package *package, struct verdict *verdict);
u32 package_check_callbacks(struct package *package, struct verdict *verdict);

#endif
