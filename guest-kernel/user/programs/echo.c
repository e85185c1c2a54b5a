/* echo [-n] WORD...: prints its arguments. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	int newline = !(argc > 1 && strcmp(argv[1], "-n") == 0);

	for (int i = newline ? 1 : 2; i < argc; i++)
		printf("%s%s", argv[i], i + 1 < argc ? " " : newline ? "\n" : "");
	if (argc == 1)
		printf("\n");
	return 0;
}
