/* kill [-SIGNAL] PID...: sends a signal, TERM unless named: -INT, -TERM, -KILL, or a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int signal_by_name(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "INT", SIGINT }, { "KILL", SIGKILL }, { "TERM", SIGTERM } };
	unsigned long number;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].number;
	return parse_number(name, &number) || number > 63 ? -1 : (int)number;
}

int main(int argc, char **argv)
{
	int sig = SIGTERM, at = 1, failed = 0;

	program_name = "kill";
	if (at < argc && argv[at][0] == '-')
		sig = signal_by_name(argv[at++] + 1);
	if (sig < 0 || at == argc) {
		dprintf(STDERR, "usage: kill [-INT|-TERM|-KILL|-NUMBER] PID...\n");
		return 2;
	}
	for (; at < argc; at++) {
		unsigned long pid;
		long err = parse_number(argv[at], &pid) || !pid || pid > 1UL << 31 ? -EINVAL : kill((long)pid, sig);

		if (err) {
			warn(err, "%s", argv[at]);
			failed = 1;
		}
	}
	return failed;
}
