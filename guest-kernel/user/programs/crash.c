/*
 * crash oops|panic|stack|triple|spin|user: fails on purpose, for tests: a fault in kernel mode, a panic, a stack overflow, a
 * triple fault, an endless loop with interrupts off, or a fault in this program. All but the last go through /dev/crash,
 * which is root's.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long fd, n;

	program_name = "crash";
	if (argc != 2) {
		dprintf(STDERR, "usage: crash oops|panic|stack|triple|spin|user\n");
		return 2;
	}
	if (strcmp(argv[1], "user") == 0) {
		volatile int *volatile nowhere = (volatile int *)8;

		*nowhere = 1;
		return 1;
	}
	fd = open("/dev/crash", O_WRONLY, 0);
	if (fd < 0) {
		warn(fd, "/dev/crash");
		return 1;
	}
	n = write(fd, argv[1], strlen(argv[1]));
	warn(n, "%s", argv[1]);
	return n == -EINVAL ? 2 : 1;
}
