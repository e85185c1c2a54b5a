/* stdlib.h: memory, numbers, and ending the process. */
#ifndef USER_STDLIB_H
#define USER_STDLIB_H

#include <stddef.h>

void exit(int status) __attribute__((noreturn));
void *malloc(size_t n);			/* 16-byte aligned; NULL when the kernel has no more */
void free(void *p);
/* parse_number: a whole decimal or 0x number. Returns 0 and stores it, or -1 if text is anything else or overflows. */
int parse_number(const char *text, unsigned long *value);

#endif
