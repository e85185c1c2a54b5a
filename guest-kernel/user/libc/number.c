/* number.c: strict number parsing for command lines. */
#include <stdlib.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

int parse_number(const char *text, unsigned long *value)
{
	unsigned long v = 0, base = 10;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -1;
	for (; *text; text++) {
		unsigned long d = (unsigned long)digit(*text);

		if (d >= base || v > (~0UL - d) / base)
			return -1;
		v = v * base + d;
	}
	*value = v;
	return 0;
}
