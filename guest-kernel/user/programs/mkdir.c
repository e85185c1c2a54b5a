/* mkdir DIRECTORY...: makes directories. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int failed = 0;

	program_name = "mkdir";
	if (argc < 2) {
		dprintf(STDERR, "usage: mkdir DIRECTORY...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		long err = mkdir(argv[i], 0755);

		if (err) {
			warn(err, "%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
