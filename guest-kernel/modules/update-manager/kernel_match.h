/* Does a package fit the running kernel, as it booted and with the updates that stand in it? */
#ifndef UM_KERNEL_MATCH_H
#define UM_KERNEL_MATCH_H

#include "kernel_view.h"
#include "package.h"

/*
 * 0, or the first of: build-id-mismatch, already-applied, dependency-missing, conflict, missing-symbol,
 * ambiguous-symbol, function-too-short, old-bytes-mismatch, no-memory. Changes nothing.
 */
u32 kernel_match(const struct package *package, struct verdict *verdict);

/* The kernel's symbol that an undefined one of a package stands for, `helper.in.pipe.c` too; false unless there is exactly one. */
bool kernel_match_import(const char *symbol, struct kernel_symbol *found);

#endif
