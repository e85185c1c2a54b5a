/*
 * A producer writes a byte stream in pieces of changing size; the consumer, its parent, reads it in other sizes and checks every
 * byte. Byte n of the stream is a function of n, so that a lost, doubled or changed byte is seen.
 */
#include <stdio.h>
#include <unistd.h>
#include "load.h"

#define PIECE_MAX 6000	/* more than a pipe or a page holds, so that writes block half-way too */

static struct limits limits;

static unsigned char byte_at(unsigned long n)
{
	return (unsigned char)(mix(n >> 3) >> (8 * (n & 7)));
}

static int produce(int out, int report, load_put put)
{
	static unsigned char piece[PIECE_MAX];
	unsigned long at = 0, round = 0;
	long start = clock_ns();

	while (!load_over(&limits, start) && (!limits.count || at < limits.count)) {
		unsigned long n = 1 + mix(round) % PIECE_MAX;

		if (limits.count && n > limits.count - at)
			n = limits.count - at;
		for (unsigned long i = 0; i < n; i++)
			piece[i] = byte_at(at + i);
		if (put(out, piece, n, round++) != (long)n)
			break;
		at += n;
	}
	return write_all(report, &at, sizeof(at)) != sizeof(at);
}

static unsigned long consume(int in, unsigned long *errors)
{
	static unsigned char piece[PIECE_MAX];
	unsigned long at = 0, round = 1;

	for (;;) {
		long n = read(in, piece, 1 + mix(round++) % PIECE_MAX);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		for (long i = 0; i < n; i++)
			*errors += piece[i] != byte_at(at + (unsigned long)i);
		at += (unsigned long)n;
		if (limits.verbose && at >> 20 != (at - (unsigned long)n) >> 20)
			printf("%s: bytes=%lu errors=%lu\n", program_name, at, *errors);
	}
	return at;
}

int load_byte_stream(const char *name, int argc, char **argv, long (*create)(int fds[2]), load_put put)
{
	int data[2], report[2], status = 0;
	unsigned long errors = 0, got, sent = 0;
	long pid, err;

	program_name = name;
	if (load_parse(argc, argv, "bytes", &limits))
		return 2;
	load_catch_signals();
	if ((err = create(data)) || (err = pipe(report))) {
		warn(err, "can't make what bytes go through");
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		warn(pid, "fork");
		return 1;
	}
	if (pid == 0) {
		close(data[0]);
		return produce(data[1], report[1], put);
	}
	load_note_child(pid);
	close(data[1]);
	close(report[1]);
	got = consume(data[0], &errors);
	if (read_all(report[0], &sent, sizeof(sent)) != sizeof(sent) || sent != got)
		errors++;
	while (waitpid(pid, &status, 0) == -EINTR)
		;
	errors += status != 0;
	printf("%s: bytes=%lu errors=%lu\n", name, got, errors);
	return errors != 0;
}
