/* head [-n LINES]: the first lines of standard input, 10 unless told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long lines = 10;
	char c;

	program_name = "head";
	if (argc != 1 && (argc != 3 || strcmp(argv[1], "-n") || parse_number(argv[2], &lines))) {
		dprintf(STDERR, "usage: head [-n LINES]\n");
		return 2;
	}
	while (lines && read(STDIN, &c, 1) == 1) {
		if (write_all(STDOUT, &c, 1) < 0)
			return 1;
		lines -= c == '\n';
	}
	return 0;
}
