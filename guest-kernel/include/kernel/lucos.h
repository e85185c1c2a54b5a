/*
 * Whether the kernel runs on Lucos, and the effective version that applied
 * updates give it.
 */
#ifndef KERNEL_LUCOS_H
#define KERNEL_LUCOS_H

#include <kernel/types.h>

/* Whether the hypercall port answers with its signature. */
bool lucos_present(void);

#define KERNEL_VERSION "0.1.0"
extern const char kernel_version[];

/* "0.1.0+a+b": appended in order of application. -ENOSPC, -ENOENT. */
int version_add_update(const char *name);
int version_remove_update(const char *name);
void version_effective(char *buf, size_t size);

/* 20 bytes of the kernel image's GNU build-id. */
const u8 *kernel_build_id(void);

#endif
