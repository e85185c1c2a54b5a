/*
 * kbench NAME [N [WIDTH]]: does N iterations of one small thing, for comparing kernels and machines. Virtual time says nothing
 * about the host, so the host does the timing: it looks when these lines come, and everything between them is the work:
 *	kbench-begin NAME
 *	kbench-end NAME iterations=N status=0
 * The status is the program's exit status; 1 is told on standard error too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kbench.h"

static long ready(void)
{
	return 0;
}

static const struct bench {
	const char *name;
	long (*run)(unsigned long n);
	long (*prepare)(void);
} table[] = {
	{ "nothing", nothing, ready },
	{ "integer", integer, ready },
	{ "cipher", cipher, ready },
	{ "memory", memory, touch_memory },
	{ "copying", copying, touch_memory },
	{ "striding", striding, touch_memory },
	{ "calls", calls, ready },
	{ "recursion", recursion, ready },
	{ "indirect", indirect, ready },
	{ "syscalls", syscalls, ready },
	{ "yields", yields, ready },
	{ "ticks", ticks, ready },
	{ "switches", switches, ready },
	{ "pipe", pipe_throughput, ready },
	{ "fork", forks, ready },
	{ "exec", execs, ready },
	{ "faults", faults, ready },
	{ "file-calls", file_calls, ready },
	{ "read-forever", read_forever, ready },
	{ "parallel", parallel, ready },
	{ "port-out", port_out, open_device },
	{ "port-in", port_in, open_device },
	{ "hypercalls", hypercalls, open_device },
	{ "threads", threads, open_device },
	{ "thread-switches", thread_switches, start_threads },
	{ "record-make", make_records, open_device },
	{ "record-stores", store_records, open_device },
	{ "record-carries", carry_records, open_device },
	{ "record-locked-stores", store_records_locked, open_device },
	{ "record-free", free_records, open_device },
	{ "waiters-start", start_waiters, open_device },
	{ "waiters-stop", stop_waiters, open_device },
};

#define COUNT (sizeof(table) / sizeof(table[0]))

static int usage(void)
{
	dprintf(STDERR, "usage: kbench NAME [N [WIDTH]]   NAME:");
	for (unsigned i = 0; i < COUNT; i++)
		dprintf(STDERR, " %s", table[i].name);
	dprintf(STDERR, "\n");
	return 2;
}

static const struct bench *find(const char *name)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct bench *bench = argc < 2 ? NULL : find(argv[1]);
	unsigned long n = 1;
	long err;

	program_name = "kbench";
	if (!bench || argc > 4 || (argc > 2 && (parse_number(argv[2], &n) || !n))
	    || (argc > 3 && (parse_number(argv[3], &width) || !width)))
		return usage();
	err = bench->prepare();
	if (!err) {
		printf("kbench-begin %s\n", bench->name);
		err = bench->run(n);
	}
	if (err)
		warn(err, "%s", bench->name);
	printf("kbench-end %s iterations=%lu status=%d\n", bench->name, n, err != 0);
	return err != 0;
}
