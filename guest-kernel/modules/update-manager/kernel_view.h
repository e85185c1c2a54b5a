/*
 * What the checks ask about the running kernel. In the kernel kernel_view.c answers, from its symbol table and memory;
 * in the host test a made-up kernel does.
 */
#ifndef UM_KERNEL_VIEW_H
#define UM_KERNEL_VIEW_H

#include <kernel/types.h>
#include <kernel/lucos.h>	/* kernel_build_id */

struct kernel_symbol {
	u64 address;
	u64 size;
	const char *name;
	const char *file;	/* base name of the source file; "" for a global symbol */
	bool function;
};

/* Symbols of that name and, unless `file` is empty, that file. Fills in at most `limit`, returns how many there are. */
u32 kernel_find_symbols(const char *name, const char *file, struct kernel_symbol *found, u32 limit);

/* Where the kernel's code lies. */
void kernel_text(u64 *start, u64 *end);

/* Copies kernel text; false when the range is not all in the kernel's text. */
bool kernel_read_text(u64 address, u8 *bytes, u32 size);

#endif
