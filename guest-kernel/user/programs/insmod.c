/* insmod FILE...: inserts kernel modules. */
#include <module.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int failed = 0;

	program_name = "insmod";
	if (argc < 2) {
		dprintf(STDERR, "usage: insmod FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		char why[256];
		long err = insert_module(argv[i], why, sizeof(why));

		if (err) {
			warn(err, "%s%s%s", argv[i], why[0] ? ": " : "", why);
			failed = 1;
		}
	}
	return failed;
}
