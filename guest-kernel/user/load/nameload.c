/*
 * nameload: makes names in a directory of its own, lists them, looks each of them up, and removes them again; all that were
 * made must be there, once, and nothing else. Between two rounds it executes a program. Ends with `nameload: names=N
 * errors=N`, status 0 if errors=0, else 1. Stops on --names, --seconds, TERM or INT.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

#define NAMES 150

static char directory[32];

static void path_of(int name, unsigned long round, char path[64])
{
	/* Names of all lengths, and those of a round are none of the next. */
	snprintf(path, 64, "%s/%lx-%d", directory, mix(round) >> (name % 8 * 8), name);
}

static unsigned long make(unsigned long round)
{
	unsigned long errors = 0;
	char path[64];

	for (int i = 0; i < NAMES; i++) {
		long fd;

		path_of(i, round, path);
		fd = open(path, O_CREAT | O_RDWR, 0600);
		if (fd < 0 || write_all(fd, path, (size_t)i) != i)
			errors++;
		if (fd >= 0)
			close(fd);
	}
	return errors;
}

/* How many names the directory lists. */
static long count(void)
{
	static struct dirent entries[31];
	long fd = open(directory, O_RDONLY, 0), n, found = 0;

	if (fd < 0)
		return fd;
	while ((n = getdents(fd, entries, sizeof(entries))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(entries[0]); i++)
			found += entries[i].name[0] != '.';
	close(fd);
	return n < 0 ? n : found;
}

static unsigned long look_up(unsigned long round)
{
	unsigned long errors = 0;
	char path[64];
	struct stat st;

	for (int i = NAMES - 1; i >= 0; i--) {
		path_of(i, round, path);
		errors += stat(path, &st) || st.size != (size_t)i;
	}
	return errors;
}

static unsigned long drop(unsigned long round)
{
	unsigned long errors = 0;
	char path[64];

	for (int i = 0; i < NAMES; i++) {
		path_of((i * 7) % NAMES, round, path);
		errors += unlink(path) != 0;
	}
	return errors;
}

static unsigned long execute(void)
{
	char *argv[] = { "true", NULL };
	int status = -1;
	long pid = fork();

	if (pid == 0) {
		load_forget_children();
		execve("/bin/true", argv);
		syscall1(SYS_exit, 3);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == -EINTR)
		;
	return status != 0;
}

int main(int argc, char **argv)
{
	struct limits limits = { 0 };
	unsigned long names = 0, errors, round = 0;
	long start;

	program_name = "nameload";
	if (load_parse(argc, argv, "names", &limits))
		return 2;
	load_catch_signals();
	start = clock_ns();
	snprintf(directory, sizeof(directory), "/tmp/nameload-%ld", getpid());
	errors = mkdir(directory, 0700) != 0;
	for (; !errors && !load_over(&limits, start) && (!limits.count || names < limits.count); round++) {
		errors += make(round);
		errors += count() != NAMES;
		errors += look_up(round);
		errors += drop(round);
		errors += count() != 0;
		errors += execute();
		names += NAMES;
	}
	errors += unlink(directory) != 0;
	printf("nameload: names=%lu errors=%lu\n", names, errors);
	return errors != 0;
}
