/* pipe.c: pipes between and within processes. */
#include "bytes.h"
#include "utest.h"

static void WhatGoesInComesOut(void)
{
	check_bytes_come_out(pipe, 2500, 5);
}

static void TheLastWriterLeavingEndsTheFile(void)
{
	check_last_writer_ends_it(pipe);
}

static void WritingToNobodyIsRefusedAndKills(void)
{
	check_no_reader_kills(pipe);
}

static void AWriteLargerThanThePipeArrivesWhole(void)
{
	check_large_write_arrives(pipe, 3 * PIPE_SIZE);
}

#define RECORD 600
#define RECORDS 40

static void mixed_writers(void)
{
	static char record[RECORD];
	int fds[2], status, whole = 1, count = 0;

	pipe(fds);
	for (char who = 1; who <= 3; who++) {
		if (fork() == 0) {
			memset(record, who, sizeof(record));
			for (int i = 0; i < RECORDS; i++)
				write(fds[1], record, sizeof(record));
			exit(0);
		}
	}
	close(fds[1]);
	for (; read_all(fds[0], record, sizeof(record)) == sizeof(record); count++)
		for (int i = 1; i < RECORD; i++)
			whole &= record[i] == record[0];
	EXPECT(whole, 1);
	EXPECT(count, 3 * RECORDS);
	for (int i = 0; i < 3; i++)
		waitpid(-1, &status, 0);
}

static void WritesOfSeveralProcessesDoNotMix(void)
{
	EXPECT(in_child(mixed_writers), 0);
}

#define T(name) { #name, name }
const struct utest pipe_tests[] = {
	T(WhatGoesInComesOut), T(TheLastWriterLeavingEndsTheFile), T(WritingToNobodyIsRefusedAndKills),
	T(AWriteLargerThanThePipeArrivesWhole), T(WritesOfSeveralProcessesDoNotMix), { NULL, NULL },
};
