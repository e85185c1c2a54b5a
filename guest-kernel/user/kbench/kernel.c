/* kernel.c: what the kernel does for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "kbench.h"

#define PAGE 4096
#define FAULT_PAGES 64
#define PIPE_CHUNK 4096
#define WARM_UPS 6

unsigned long width = 1;

/* What two marker lines cost by themselves. */
long nothing(unsigned long n)
{
	return 0;
}

long syscalls(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		getpid();
	return 0;
}

static long reap(long pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) == -EINTR)
		;
	return status ? -EIO : 0;
}

/* One iteration: a byte to the other process and one back, two switches. */
long switches(unsigned long n)
{
	int there[2], back[2];
	long err, pid;
	char byte = 1;

	if ((err = pipe(there)) || (err = pipe(back)))
		return err;
	pid = fork();
	if (pid < 0)
		return pid;
	if (pid == 0) {
		for (unsigned long i = 0; i < n; i++)
			if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
				exit(1);
		exit(0);
	}
	for (unsigned long i = 0; i < n; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return -EIO;
	return reap(pid);
}

/* One iteration: 4 KiB through a pipe between two processes. */
long pipe_throughput(unsigned long n)
{
	static char chunk[PIPE_CHUNK];
	int ends[2];
	long err = pipe(ends), pid;

	if (err)
		return err;
	pid = fork();
	if (pid < 0)
		return pid;
	if (pid == 0) {
		for (unsigned long i = 0; i < n; i++)
			if (write_all(ends[1], chunk, sizeof(chunk)) != sizeof(chunk))
				exit(1);
		exit(0);
	}
	for (unsigned long i = 0; i < n; i++)
		if (read_all(ends[0], chunk, sizeof(chunk)) != sizeof(chunk))
			return -EIO;
	return reap(pid);
}

long forks(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		long pid = fork(), err;

		if (pid == 0)
			exit(0);
		err = pid < 0 ? pid : reap(pid);
		if (err)
			return err;
	}
	return 0;
}

long execs(unsigned long n)
{
	char *argv[] = { "true", NULL };

	for (unsigned long i = 0; i < n; i++) {
		long pid = fork(), err;

		if (pid == 0) {
			execve("/bin/true", argv);
			exit(127);
		}
		err = pid < 0 ? pid : reap(pid);
		if (err)
			return err;
	}
	return 0;
}

/* One iteration: the first touch of a fresh page. */
long faults(unsigned long n)
{
	for (unsigned long done = 0; done < n; done += FAULT_PAGES) {
		long at = syscall1(SYS_mmap_anon, FAULT_PAGES * PAGE), err;

		if (at < 0)
			return at;
		for (int i = 0; i < FAULT_PAGES; i++)
			((volatile char *)at)[i * PAGE] = 1;
		err = syscall2(SYS_munmap, at, FAULT_PAGES * PAGE);
		if (err)
			return err;
	}
	return 0;
}

/* Leaves a process behind that reads from an empty pipe which nobody but itself could write to. */
long read_forever(unsigned long n)
{
	int ends[2];
	char byte;
	long err = pipe(ends), pid;

	if (err)
		return err;
	pid = fork();
	if (pid == 0)
		exit(read(ends[0], &byte, 1) != 1);
	return pid < 0 ? pid : 0;
}

long file_calls(unsigned long n)
{
	static char bytes[64];
	long zero = open("/dev/zero", O_RDONLY, 0), null = open("/dev/null", O_WRONLY, 0);

	if (zero < 0 || null < 0)
		return zero < 0 ? zero : null;
	for (unsigned long i = 0; i < n; i++)
		if (read((int)zero, bytes, sizeof(bytes)) != sizeof(bytes) ||
		    write((int)null, bytes, sizeof(bytes)) != sizeof(bytes))
			return -EIO;
	return 0;
}

/* One iteration: give up the CPU; two processes do, so that each gives it to the other. */
long yields(unsigned long n)
{
	long pid = fork();

	if (pid < 0)
		return pid;
	for (unsigned long i = 0; i < n; i++)
		yield();
	if (pid == 0)
		exit(0);
	return reap(pid);
}

/*
 * One iteration: asleep until the next tick of the timer, with nothing else to do for the machine. A sleep begins right behind
 * a tick (TICK_HZ is 250), so this one ends at the next.
 */
long ticks(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		long err = syscall1(SYS_sleep_ns, 3000000);

		if (err)
			return err;
	}
	return 0;
}

long parallel(unsigned long n)
{
	long err = 0;

	for (unsigned long i = 0; i < width; i++) {
		long pid = fork();

		if (pid < 0)
			return pid;
		if (pid == 0)
			exit(integer(n / width) ? 1 : 0);
	}
	for (unsigned long i = 0; i < width; i++) {
		long bad = reap(-1);

		err = err ? err : bad;
	}
	return err;
}

static void touch_areas(void)
{
	for (unsigned long i = 0; i < AREA_WORDS; i += PAGE / sizeof(unsigned long)) {
		area[0][i] = i;
		area[1][i] = i;
	}
}

long touch_memory(void)
{
	long err;

	touch_areas();
	for (int i = 0; i < WARM_UPS; i++) {
		err = forks(1);
		if (err)
			return err;
		touch_areas();
	}
	return 0;
}
