/* string.h: memory and string routines of the user library; the usual C meanings. */
#ifndef USER_STRING_H
#define USER_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* strlcpy: copy at most size-1 bytes and end with NUL; returns strlen(from), so a result >= size means cut off. */
size_t strlcpy(char *to, const char *from, size_t size);
const char *strerror(long err);	/* err: a positive or negative errno */

#endif
