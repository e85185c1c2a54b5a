/*
 * exhaust: takes all memory, by forking until fork says -ENOMEM, then by touching pages until that kills a child,
 * and gives it back. Exit status 0 if the kernel refused as it should and still serves afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE 4096
#define CHUNK (1UL << 30)

/* Children wait until the pipe's writer is gone. */
static long fork_until_refused(long *count)
{
	int fds[2];
	char byte;
	long pid, error = pipe(fds);

	if (error)
		return error;
	while ((pid = fork()) > 0)
		(*count)++;
	if (pid == 0) {
		close(fds[1]);
		read(fds[0], &byte, 1);
		exit(0);
	}
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static int wait_for(long count)
{
	int status, bad = 0;

	while (count) {
		long pid = waitpid(-1, &status, 0);

		if (pid == -EINTR)
			continue;
		if (pid < 0)
			return 1;
		/* One that found no memory for a page of its own was killed. */
		bad |= status != 0 && status != 128 + SIGSEGV;
		count--;
	}
	return bad;
}

static void touch_for_ever(void)
{
	for (;;) {
		volatile char *memory = (char *)syscall1(SYS_mmap_anon, CHUNK);

		if ((long)memory < 0)
			exit(3);
		for (unsigned long at = 0; at < CHUNK; at += PAGE)
			memory[at] = 1;
	}
}

/* Whether status is that of one whom the lack of memory killed. */
static int killed(int status)
{
	return status == 128 + SIGSEGV;
}

/*
 * The forking is done by a child that may be killed for lack of a page itself, its children on other CPUs having taken the last. It
 * starts when this process has pages of its own: fork has made all of them shared.
 */
static int forking_survives(long *count)
{
	int fds[2], status = 0;
	char byte = 0;
	long pid, error = pipe(fds);

	if (error)
		return 0;
	pid = fork();
	if (pid == 0) {
		read(fds[0], &byte, 1);
		close(fds[0]);
		close(fds[1]);
		error = fork_until_refused(count);
		exit(error != -ENOMEM || *count < 10 || wait_for(*count) ? 1 : *count > 100 ? 100 : 10);
	}
	program_name = "exhaust";
	write(fds[1], &byte, 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 0;
	close(fds[0]);
	close(fds[1]);
	*count = killed(status) ? 1000 : status;
	while (waitpid(-1, NULL, 0) > 0)
		;	/* those that it left, if this is who orphans go to */
	return killed(status) || status == 10 || status == 100;
}

int main(void)
{
	long count = 0, pid;
	int status = 0;

	program_name = "exhaust";
	if (!forking_survives(&count)) {
		warn(-ENOMEM, "forking");
		return 1;
	}
	pid = fork();
	if (pid == 0)
		touch_for_ever();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !killed(status)) {
		warn(status, "touching");
		return 2;
	}
	printf("exhaust: processes=%s status=%d\n", count >= 100 ? "many" : "few", status);
	return 0;
}
