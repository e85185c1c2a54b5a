/* bytes.c: see bytes.h. */
#include "bytes.h"
#include "utest.h"

#define LARGEST (32 * 4096)

static make_channel channel;	/* for the checks that run in a child */
static unsigned long large;

void check_bytes_come_out(make_channel make, unsigned rest, int rounds)
{
	static char out[3 * 4096], in[3 * 4096];
	int fds[2];

	EXPECT(make(fds), 0);
	for (int round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < sizeof(out); i++)
			out[i] = (char)(i * 3 + i / 251 + (unsigned)round);
		EXPECT(write(fds[1], out, 1000 + round), 1000 + round);
		EXPECT(write(fds[1], out + 1000 + round, rest), rest);
		EXPECT(read(fds[0], in, sizeof(in)), 1000 + rest + round);
		EXPECT(memcmp(in, out, (size_t)(1000 + rest + round)), 0);
	}
	EXPECT(write(fds[0], out, 1), -EBADF);
	EXPECT(read(fds[1], in, 1), -EBADF);
	EXPECT(lseek(fds[0], 0, SEEK_SET), -ESPIPE);
	close(fds[0]);
	close(fds[1]);
}

void check_last_writer_ends_it(make_channel make)
{
	char in[8];
	int fds[2];

	EXPECT(make(fds), 0);
	EXPECT(write(fds[1], "last", 4), 4);
	close(fds[1]);
	EXPECT(read(fds[0], in, sizeof(in)), 4);
	EXPECT(read(fds[0], in, sizeof(in)), 0);
	close(fds[0]);
}

static void write_to_nobody(void)
{
	int fds[2];

	on_signal(SIGPIPE, SIGNAL_IGNORE);
	EXPECT(channel(fds), 0);
	close(fds[0]);
	EXPECT(write(fds[1], "x", 1), -EPIPE);
	on_signal(SIGPIPE, SIGNAL_DEFAULT);
	write(fds[1], "x", 1);
}

void check_no_reader_kills(make_channel make)
{
	channel = make;
	EXPECT(in_child(write_to_nobody), 128 + SIGPIPE);
}

static void fill_from_a_child(void)
{
	static char block[LARGEST], in[LARGEST];
	int fds[2], status;
	long pid;

	EXPECT(channel(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		for (unsigned i = 0; i < large; i++)
			block[i] = (char)(i / 100);
		exit(write_all(fds[1], block, large) == (long)large ? 0 : 1);
	}
	close(fds[1]);
	EXPECT(read_all(fds[0], in, large), large);
	for (unsigned i = 0; i < large; i++)
		if (in[i] != (char)(i / 100)) {
			EXPECT(i, -1);
			break;
		}
	EXPECT(waitpid(pid, &status, 0), pid);
	EXPECT(status, 0);
}

void check_large_write_arrives(make_channel make, unsigned long size)
{
	channel = make;
	large = size <= LARGEST ? size : LARGEST;
	EXPECT(large, size);
	EXPECT(in_child(fill_from_a_child), 0);
}
