/*
 * init: process 1. Opens the console, inserts the Update Manager if the image has one, and keeps a shell running.
 */
#include <module.h>
#include <stdio.h>
#include <unistd.h>

#define MANAGER "/lib/modules/update-manager.ko"

static void open_console(void)
{
	long fd = open("/dev/console", O_RDWR, 0);

	if (fd < 0)
		return;
	for (int to = 0; to <= 2; to++)
		if (fd != to)
			dup2(fd, to);
	if (fd > 2)
		close(fd);
}

static void insert_manager(void)
{
	char why[256];
	struct stat st;
	long err;

	if (stat(MANAGER, &st))
		return;
	err = insert_module(MANAGER, why, sizeof(why));
	if (err)
		warn(err, "Update Manager not inserted (no live updates)%s%s", why[0] ? ": " : "", why);
}

static long start_shell(void)
{
	char *argv[] = { "sh", NULL };
	long pid = fork();

	if (pid == 0) {
		on_signal(SIGINT, SIGNAL_DEFAULT);
		long err = execve("/bin/sh", argv);

		warn(err, "/bin/sh");
		syscall1(SYS_exit, 127);
	}
	return pid;
}

int main(void)
{
	program_name = "init";
	open_console();
	on_signal(SIGINT, SIGNAL_IGNORE);
	insert_manager();
	for (;;) {
		int status = 0;
		long shell = start_shell(), pid;

		if (shell < 0) {
			warn(shell, "can't start a shell");
			return 1;
		}
		do {
			pid = waitpid(-1, &status, 0);	/* orphans end here too */
		} while (pid != shell && pid != -ECHILD);
		if (status == 127)
			return 1;
	}
}
