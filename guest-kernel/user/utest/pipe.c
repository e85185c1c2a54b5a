/* pipe.c: pipes between and within processes. */
#include "utest.h"

static void WhatGoesInComesOut(void)
{
	static char out[PIPE_SIZE], in[PIPE_SIZE];
	int fds[2];

	EXPECT(pipe(fds), 0);
	for (int round = 0; round < 5; round++) {
		for (unsigned i = 0; i < sizeof(out); i++)
			out[i] = (char)(i * 3 + i / 251 + (unsigned)round);
		/* Odd sizes, so that the ring wraps at another place each time. */
		EXPECT(write(fds[1], out, 1000 + round), 1000 + round);
		EXPECT(write(fds[1], out + 1000 + round, 2500), 2500);
		EXPECT(read(fds[0], in, sizeof(in)), 3500 + round);
		EXPECT(memcmp(in, out, (size_t)(3500 + round)), 0);
	}
	EXPECT(write(fds[0], out, 1), -EBADF);
	EXPECT(read(fds[1], in, 1), -EBADF);
	EXPECT(lseek(fds[0], 0, SEEK_SET), -ESPIPE);
	close(fds[0]);
	close(fds[1]);
}

static void TheLastWriterLeavingEndsTheFile(void)
{
	char in[8];
	int fds[2];

	pipe(fds);
	write(fds[1], "last", 4);
	close(fds[1]);
	EXPECT(read(fds[0], in, sizeof(in)), 4);
	EXPECT(read(fds[0], in, sizeof(in)), 0);
	close(fds[0]);
}

static void write_to_nobody(void)
{
	int fds[2];

	on_signal(SIGPIPE, SIGNAL_IGNORE);
	pipe(fds);
	close(fds[0]);
	EXPECT(write(fds[1], "x", 1), -EPIPE);
	on_signal(SIGPIPE, SIGNAL_DEFAULT);
	write(fds[1], "x", 1);
}

static void WritingToNobodyIsRefusedAndKills(void)
{
	EXPECT(in_child(write_to_nobody), 128 + SIGPIPE);
}

static void blocked_writer(void)
{
	static char block[3 * PIPE_SIZE], in[3 * PIPE_SIZE];
	int fds[2], status;
	long pid;

	pipe(fds);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		for (unsigned i = 0; i < sizeof(block); i++)
			block[i] = (char)(i / 100);
		exit(write_all(fds[1], block, sizeof(block)) == sizeof(block) ? 0 : 1);
	}
	close(fds[1]);
	EXPECT(read_all(fds[0], in, sizeof(in)), sizeof(in));
	for (unsigned i = 0; i < sizeof(in); i++)
		if (in[i] != (char)(i / 100)) {
			EXPECT(i, -1);
			break;
		}
	EXPECT(waitpid(pid, &status, 0), pid);
	EXPECT(status, 0);
}

static void AWriteLargerThanThePipeArrivesWhole(void)
{
	EXPECT(in_child(blocked_writer), 0);
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
