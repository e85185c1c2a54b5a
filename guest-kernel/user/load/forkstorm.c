/*
 * forkstorm: forks children that check a copy of the parent's memory and leave with a status that the parent checks; every eighth
 * execs a program too. Ends with `forkstorm: forks=N errors=N`. Stops on --forks, --seconds, TERM or INT.
 */
#include <stdio.h>
#include <unistd.h>
#include "load.h"

#define CELLS 1024
#define AT_ONCE 4

static unsigned long cells[CELLS];

static int child(unsigned long round)
{
	char *argv[] = { "true", NULL };

	for (int i = 0; i < CELLS; i++)
		if (cells[i] != mix(round + (unsigned long)i))
			return 1;
	cells[round % CELLS] = 0;	/* must not be seen by the parent */
	if (round % 8 == 0) {
		execve("/bin/true", argv);
		return 3;
	}
	return (int)(round % 2 ? 0 : 7);
}

static unsigned long storm(unsigned long *errors)
{
	long pids[AT_ONCE];
	static unsigned long round;
	int started = 0;

	round++;
	for (int i = 0; i < CELLS; i++)
		cells[i] = mix(round + (unsigned long)i);
	for (; started < AT_ONCE; started++) {
		pids[started] = fork();
		if (pids[started] == 0) {
			load_forget_children();
			syscall1(SYS_exit, child(round));
		}
		if (pids[started] < 0) {
			warn(pids[started], "fork");
			(*errors)++;
			break;
		}
	}
	for (int i = 0; i < started; i++) {
		int status = -1, expected = round % 8 == 0 || round % 2 ? 0 : 7;

		while (waitpid(pids[i], &status, 0) == -EINTR)
			;
		if (status != expected)
			(*errors)++;
	}
	for (int i = 0; i < CELLS; i++)
		*errors += cells[i] != mix(round + (unsigned long)i);
	return (unsigned long)started;
}

int main(int argc, char **argv)
{
	struct limits limits = { 0 };
	unsigned long forks = 0, errors = 0;
	long start;

	program_name = "forkstorm";
	if (load_parse(argc, argv, "forks", &limits))
		return 2;
	load_catch_signals();
	start = clock_ns();
	while (!load_over(&limits, start) && (!limits.count || forks < limits.count)) {
		unsigned long before = errors;

		forks += storm(&errors);
		if (errors - before > AT_ONCE)
			break;
	}
	printf("forkstorm: forks=%lu errors=%lu\n", forks, errors);
	return errors != 0;
}
