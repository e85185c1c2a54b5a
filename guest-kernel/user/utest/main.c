/*
 * utest [-v]: tests the kernel from user space. Prints a line for each check that fails (with -v one for each test) and
 * `utest: tests=N failures=N`; the exit status is the number of failures, 100 at most.
 */
#include "utest.h"

static unsigned failures;

void utest_fail(const char *file, int line, const char *what, long got, long wanted)
{
	printf("utest: %s:%d: %s: got %ld, wanted %ld\n", file, line, what, got, wanted);
	failures++;
}

long in_child(void (*body)(void))
{
	int status = -1;
	long pid = fork();

	if (pid == 0) {
		/* What fails in here counts through the status. */
		body();
		exit(failures ? 99 : 0);
	}
	if (pid < 0)
		return pid;
	while (waitpid(pid, &status, 0) == -EINTR)
		;
	return status;
}

int main(int argc, char **argv)
{
	static const struct utest *const groups[] = { process_tests, file_tests, pipe_tests, stream_tests, border_tests };
	int verbose = argc == 2 && strcmp(argv[1], "-v") == 0;
	unsigned tests = 0;

	program_name = "utest";
	for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (const struct utest *t = groups[g]; t->name; t++) {
			unsigned before = failures;

			t->run();
			tests++;
			if (verbose || failures != before)
				printf("utest: %s %s\n", failures == before ? "ok" : "FAILED", t->name);
		}
	}
	printf("utest: tests=%u failures=%u\n", tests, failures);
	return failures < 100 ? (int)failures : 100;
}
