/*
 * Copies across the border between kernel and user memory. Bad addresses give
 * -EFAULT (nothing or part of it copied), never an oops. May sleep (page fault).
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include <kernel/types.h>

int copy_from_user(void *dst, const void *user_src, u64 size);
int copy_to_user(void *user_dst, const void *src, u64 size);
/* Length without the NUL, -EFAULT, or -ENAMETOOLONG if it needs >= size bytes. */
s64 copy_string_from_user(char *dst, const char *user_src, u64 size);
/* Whether [p, p+size) lies in the user half. Says nothing about mappings. */
bool user_range_ok(const void *p, u64 size);

#endif
