/*
 * uname [-a | -r [--booted] | -b | -v]: the kernel. -r is the effective version, that is with the names of the updates applied to
 * the running kernel; -b (or -r --booted) the version that was booted.
 */
#include <stdio.h>
#include <string.h>
#include <uapi/info.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static struct utsname u;
	const char *option = argc > 1 ? argv[1] : "";
	long err = syscall1(SYS_uname, &u);

	program_name = "uname";
	if (err) {
		warn(err, "uname");
		return 1;
	}
	if (argc == 3 && strcmp(option, "-r") == 0 && strcmp(argv[2], "--booted") == 0)
		option = "-b";
	else if (argc > 2)
		option = "?";
	if (strcmp(option, "") == 0)
		printf("%s\n", u.sysname);
	else if (strcmp(option, "-a") == 0)
		printf("%s %s %s %s %s\n", u.sysname, u.nodename, u.release, u.version, u.machine);
	else if (strcmp(option, "-r") == 0)
		printf("%s\n", u.release);
	else if (strcmp(option, "-b") == 0 || strcmp(option, "--booted") == 0)
		printf("%s\n", u.booted);
	else if (strcmp(option, "-v") == 0)
		printf("%s\n", u.version);
	else {
		dprintf(STDERR, "usage: uname [-a | -r [--booted] | -b | -v]\n");
		return 2;
	}
	return 0;
}
