/*
 * sh: the shell. `sh` reads standard input, with a prompt if that is the console; `sh -c TEXT` runs one line;
 * `sh FILE` runs a file. Grammar: parser.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct shell shell;

/* Caught, not ignored: the read of the line ends with -EINTR, and a new prompt comes. */
static void new_prompt(int sig)
{
	(void)sig;
}

static void run_text(const char *text)
{
	static struct line line;

	if (parse_line(text, &line))
		shell.last_status = 2;
	else
		run_line(&line);
}

static void prompt(void)
{
	char cwd[PATH_MAX];

	jobs_reap();
	if (getcwd(cwd, sizeof(cwd)) < 0)
		strlcpy(cwd, "?", sizeof(cwd));
	printf("lucos:%s$ ", cwd);
}

static int run_descriptor(int fd)
{
	static char text[LINE_MAX];
	long n;

	while (!shell.leaving) {
		if (shell.interactive)
			prompt();
		n = read_line(fd, text, sizeof(text));
		if (n == -EINTR)
			continue;
		if (n < 0)
			break;
		if (n == LINE_MAX - 1) {
			warn(0, "line too long");
			shell.last_status = 2;
			continue;
		}
		run_text(text);
	}
	return shell.last_status;
}

int main(int argc, char **argv)
{
	program_name = "sh";
	shell.pid = getpid();
	if (argc == 3 && strcmp(argv[1], "-c") == 0) {
		run_text(argv[2]);
		return shell.last_status;
	}
	if (argc > 2) {
		dprintf(STDERR, "usage: sh [-c TEXT | FILE]\n");
		return 2;
	}
	if (argc == 2) {
		long fd = open(argv[1], O_RDONLY, 0);

		if (fd < 0) {
			warn(fd, "%s", argv[1]);
			return 127;
		}
		return run_descriptor((int)fd);
	}
	shell.interactive = ioctl(STDIN, TTY_GET_FOREGROUND, 0) >= 0;
	if (shell.interactive) {
		setpgid(0, 0);
		shell.pgid = getpid();
		ioctl(STDIN, TTY_SET_FOREGROUND, (unsigned long)shell.pgid);
		on_signal(SIGINT, new_prompt);
	}
	return run_descriptor(STDIN);
}
