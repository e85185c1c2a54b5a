/* module.h: kernel modules. */
#ifndef USER_MODULE_H
#define USER_MODULE_H

#include <stddef.h>

/*
 * insert_module: inserts the module in file `path` under its base name without ".ko". Returns 0 or a negative errno; why gets the
 * kernel's reason, "" if it gave none.
 */
long insert_module(const char *path, char *why, size_t why_size);

#endif
