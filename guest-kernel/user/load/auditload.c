/*
 * auditload: several processes write lines to the audit trail, each as a user of its own, and read the counts in between.
 * In the end each user's count must be what was written. Ends with `auditload: lines=N lost=N errors=N`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"

#define FIRST_UID 2000
#define CLIENTS_MAX 8

static struct limits limits = { .clients = 3 };

/* The number behind "uid N: " in what /dev/audit says; 0 when the user is not there, -1 on errors. */
static long count_of(unsigned long uid)
{
	char text[640], key[32];
	const char *at;
	long fd = open("/dev/audit", O_RDONLY, 0), n;

	if (fd < 0)
		return -1;
	n = read((int)fd, text, sizeof(text) - 1);
	close((int)fd);
	if (n < 0)
		return -1;
	text[n] = 0;
	snprintf(key, sizeof(key), "uid %lu: ", uid);
	for (at = text; *at; at++) {
		if (strncmp(at, key, strlen(key)) == 0) {
			long count = 0;

			for (at += strlen(key); *at >= '0' && *at <= '9'; at++)
				count = count * 10 + (*at - '0');
			return count;
		}
	}
	return 0;
}

/* What a client reports to the parent. */
struct report {
	unsigned long lines, lost, errors;
};

static void client(unsigned long number, int out)
{
	struct report report = { 0 };
	unsigned long uid = FIRST_UID + number;
	long fd, start = clock_ns(), before;
	char line[48];

	load_forget_children();
	if (setuid((unsigned int)uid))
		report.errors++;
	fd = open("/dev/audit", O_WRONLY, 0);
	before = count_of(uid);
	if (fd < 0 || before < 0)
		report.errors++;
	while (!report.errors && !load_over(&limits, start) && (!limits.count || report.lines < limits.count)) {
		int n = snprintf(line, sizeof(line), "line %lu of client %lu", report.lines, number);

		if (write((int)fd, line, (unsigned long)n) != n)
			report.errors++;
		report.lines++;
		if (report.lines % 4 == 0 && count_of(uid) != before + (long)report.lines)
			report.lost++;
	}
	if (count_of(uid) != before + (long)report.lines)
		report.lost++;
	write_all(out, &report, sizeof(report));
	syscall1(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	struct report total = { 0 }, report;
	int pipes[2], status;
	long err;

	program_name = "auditload";
	if (load_parse(argc, argv, "lines", &limits))
		return 2;
	if (limits.clients < 1 || limits.clients > CLIENTS_MAX) {
		dprintf(STDERR, "auditload: 1 to %d clients\n", CLIENTS_MAX);
		return 2;
	}
	load_catch_signals();
	if ((err = pipe(pipes))) {
		warn(err, "pipe");
		return 1;
	}
	for (unsigned long i = 0; i < limits.clients; i++) {
		long pid = fork();

		if (pid == 0)
			client(i, pipes[1]);
		if (pid < 0) {
			warn(pid, "fork");
			total.errors++;
			break;
		}
		load_note_child(pid);
	}
	close(pipes[1]);
	while (read_all(pipes[0], &report, sizeof(report)) == sizeof(report)) {
		total.lines += report.lines;
		total.lost += report.lost;
		total.errors += report.errors;
	}
	for (unsigned long i = 0; i < limits.clients; i++) {
		while ((err = waitpid(-1, &status, 0)) == -EINTR)
			;
		total.errors += err > 0 && status != 0;
	}
	printf("auditload: lines=%lu lost=%lu errors=%lu\n", total.lines, total.lost, total.errors);
	return total.lost || total.errors;
}
