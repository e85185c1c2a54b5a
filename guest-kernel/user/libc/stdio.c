/* stdio.c: printing to descriptors and reading lines. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *program_name = "?";

int vdprintf(int fd, const char *format, va_list args)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, args);

	write_all(fd, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
	return n;
}

int dprintf(int fd, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vdprintf(fd, format, args);
	va_end(args);
	return n;
}

int printf(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vdprintf(STDOUT, format, args);
	va_end(args);
	return n;
}

void warn(long err, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (err)
		dprintf(STDERR, "%s: %s: %s\n", program_name, text, strerror(err));
	else
		dprintf(STDERR, "%s: %s\n", program_name, text);
}

long read_line(int fd, char *to, size_t size)
{
	size_t n = 0;
	char c;

	for (;;) {
		long got = read(fd, &c, 1);

		if (got < 0)
			return got == -1 ? -EIO : got;
		if (got == 0 && n == 0)
			return -1;
		if (got == 0 || c == '\n')
			break;
		if (n + 1 < size)
			to[n++] = c;
	}
	to[n] = 0;
	return (long)n;
}
