/* load.c: shared by the workload programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

volatile int load_stop;

static volatile long children[64];
static volatile int child_count;

static void stop(int sig)
{
	load_stop = 1;
	for (int i = 0; i < child_count; i++)
		kill(children[i], sig);
}

void load_note_child(long pid)
{
	if (child_count == sizeof(children) / sizeof(children[0]))
		return;
	children[child_count] = pid;
	child_count++;
	/* The signal may have come between fork and here; then this child has not got it yet. */
	if (load_stop)
		kill(pid, SIGTERM);
}

void load_forget_children(void)
{
	child_count = 0;
}

void load_catch_signals(void)
{
	on_signal(SIGTERM, stop);
	on_signal(SIGINT, stop);
	on_signal(SIGPIPE, SIGNAL_IGNORE);
}

int load_parse(int argc, char **argv, const char *count_name, struct limits *limits)
{
	for (int i = 1; i < argc; i++) {
		unsigned long *to = NULL;

		if (strcmp(argv[i], "--verbose") == 0) {
			limits->verbose = 1;
			continue;
		}
		if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, count_name) == 0)
			to = &limits->count;
		else if (strcmp(argv[i], "--seconds") == 0)
			to = &limits->seconds;
		else if (strcmp(argv[i], "--clients") == 0)
			to = &limits->clients;
		if (!to || i + 1 == argc || parse_number(argv[i + 1], to)) {
			dprintf(STDERR, "usage: %s [--%s N] [--seconds N] [--clients N] [--verbose]\n", program_name, count_name);
			return -1;
		}
		i++;
	}
	return 0;
}

/* Never at first: a process that is told to end as soon as it begins does one piece all the same, so every run shows something. */
int load_over(const struct limits *limits, long start_ns)
{
	static int asked;

	if (!asked++)
		return 0;
	return load_stop || (limits->seconds && clock_ns() - start_ns >= (long)limits->seconds * 1000000000L);
}

unsigned long checksum(const void *data, size_t n)
{
	const unsigned char *p = data;
	unsigned long sum = 0xcbf29ce484222325UL;

	for (; n; n--)
		sum = (sum ^ *p++) * 0x100000001b3UL;
	return sum;
}

unsigned long mix(unsigned long x)
{
	x += 0x9e3779b97f4a7c15UL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}
