/* stdio.h: formatted output straight to file descriptors, and line input. Nothing is buffered between calls. */
#ifndef USER_STDIO_H
#define USER_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define STDIN 0
#define STDOUT 1
#define STDERR 2

/* Conversions: %d %i %u %x %X %o %c %s %p %% with width, precision for %s, flags '-' '0', lengths l, ll, z. */
int vsnprintf(char *to, size_t size, const char *format, va_list args);
int snprintf(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* One call is one write() as long as its text fits 1 KiB, so that lines of several processes don't mix. */
int vdprintf(int fd, const char *format, va_list args);
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* warn: "name: text: reason" to standard error. err: negative errno, or 0 to leave the reason out. */
void warn(long err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * read_line: one line from fd without its newline, cut at size-1 bytes. Returns its length, -1 at end of file with nothing
 * read, or a negative errno (other than -1). Reads byte by byte so that nothing is taken from the next reader.
 */
long read_line(int fd, char *to, size_t size);

/* Set by main programs that want warn() to name them; "?" otherwise. */
extern const char *program_name;

#endif
