/* builtin.c: commands that must run in the shell itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

static int do_cd(char **words)
{
	const char *to = words[1] ? words[1] : "/";
	long err = chdir(to);

	if (err)
		warn(err, "cd: %s", to);
	return err != 0;
}

static int do_exit(char **words)
{
	unsigned long status = (unsigned long)shell.last_status;

	if (words[1] && parse_number(words[1], &status)) {
		warn(0, "exit: %s is not a number", words[1]);
		status = 2;
	}
	shell.leaving = 1;
	return (int)(status & 255);
}

static int do_wait(char **words)
{
	unsigned long pid = 0;

	if (words[1] && (parse_number(words[1], &pid) || !pid)) {
		warn(0, "wait: %s is not a process number", words[1]);
		return 2;
	}
	return jobs_wait((long)pid);
}

static int do_jobs(char **words)
{
	(void)words;
	jobs_list();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **words);
} table[] = { { "cd", do_cd }, { "exit", do_exit }, { "wait", do_wait }, { "jobs", do_jobs } };

int is_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return 1;
	return 0;
}

int builtin(char **words, int *status)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, words[0]) == 0) {
			*status = table[i].run(words);
			return 1;
		}
	}
	return 0;
}
