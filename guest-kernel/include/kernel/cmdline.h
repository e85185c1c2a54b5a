/*
 * The kernel command line: space-separated `key=value` or `key`.
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include <kernel/types.h>

/* Copies the value ("" for a bare key) and returns true if key is there. */
bool cmdline_get(const char *key, char *value, size_t size);
bool cmdline_has(const char *key);
/* The number given for key, else fallback. */
u64 cmdline_u64(const char *key, u64 fallback);
/* The whole line. */
const char *cmdline(void);
void cmdline_set(const char *line);

#endif
