/* sleep SECONDS: waits; fractions down to milliseconds (0.25). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int parse_ms(char *text, unsigned long *ms)
{
	char *dot = strchr(text, '.');
	unsigned long whole = 0, part = 0;

	if (dot) {
		size_t digits = strlen(dot + 1);

		*dot = 0;
		if (digits < 1 || digits > 3 || parse_number(dot + 1, &part))
			return -1;
		for (; digits < 3; digits++)
			part *= 10;
	}
	if (*text && parse_number(text, &whole))
		return -1;
	if ((!*text && !dot) || whole > 1000000000)
		return -1;
	*ms = whole * 1000 + part;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long ms;
	long err;

	program_name = "sleep";
	if (argc != 2 || parse_ms(argv[1], &ms)) {
		dprintf(STDERR, "usage: sleep SECONDS[.MILLISECONDS]\n");
		return 2;
	}
	err = sleep_ms(ms);
	if (err < 0)
		warn(err, "sleep");
	return err < 0;
}
