/* From a verified package to code in the kernel's module area, and back. */
#ifndef UM_LOAD_H
#define UM_LOAD_H

#include "package.h"
#include "updates.h"
#include "verdict.h"

/*
 * An update made of a package that fits the kernel: names, functions, dependencies and old bytes copied, module loaded,
 * addresses filled in. NULL and a verdict (no-memory, missing-symbol, ambiguous-symbol, out-of-reach, bad-package...)
 * when it can't be; then nothing is left of it.
 */
struct update *update_load(const struct package *package, u64 request_id, struct verdict *verdict);

/* Undoes update_load: unloads the module and frees the update. Nobody may run its code any more. */
void update_unload(struct update *update);
/* Its first half: the update stays, without a module. */
void update_unload_module(struct update *update);

#endif
