/* rm PATH...: removes files and empty directories. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int failed = 0;

	program_name = "rm";
	if (argc < 2) {
		dprintf(STDERR, "usage: rm PATH...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		long err = unlink(argv[i]);

		if (err) {
			warn(err, "%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
