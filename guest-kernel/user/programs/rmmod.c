/* rmmod NAME...: removes kernel modules. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int failed = 0;

	program_name = "rmmod";
	if (argc < 2) {
		dprintf(STDERR, "usage: rmmod NAME...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		long err = syscall1(SYS_rmmod, argv[i]);

		if (err) {
			warn(err, "%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
