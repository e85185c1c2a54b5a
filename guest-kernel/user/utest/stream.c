/* stream.c: streams of page buffers, and files spliced into them. */
#include "bytes.h"
#include "utest.h"

#define PAGE 4096

static void WhatGoesIntoAStreamComesOut(void)
{
	check_bytes_come_out(stream, 8500, 40);
}

static void SmallWritesShareABuffer(void)
{
	char in[2 * STREAM_BUFFERS];
	int fds[2];

	stream(fds);
	for (int i = 0; i < 2 * STREAM_BUFFERS; i++)
		EXPECT(write(fds[1], "x", 1), 1);
	EXPECT(read(fds[0], in, sizeof(in)), 2 * STREAM_BUFFERS);
	close(fds[0]);
	close(fds[1]);
}

static void TheLastWriterLeavingEndsAStream(void)
{
	check_last_writer_ends_it(stream);
}

static void splice_to_nobody(void)
{
	long file = open("/etc/motd", O_RDONLY, 0);
	int fds[2];

	on_signal(SIGPIPE, SIGNAL_IGNORE);
	stream(fds);
	close(fds[0]);
	EXPECT(splice(file, fds[1], 1), -EPIPE);
	on_signal(SIGPIPE, SIGNAL_DEFAULT);
	splice(file, fds[1], 1);
}

static void AStreamWithoutAReaderIsRefusedAndKills(void)
{
	check_no_reader_kills(stream);
	EXPECT(in_child(splice_to_nobody), 128 + SIGPIPE);
}

static void AWriteLargerThanTheStreamArrivesWhole(void)
{
	check_large_write_arrives(stream, 2 * STREAM_BUFFERS * PAGE);
}

static void SplicedBytesOutliveTheirFile(void)
{
	static char out[2 * PAGE + 100], in[sizeof(out)];
	long file = open("/tmp/spliced", O_CREAT | O_RDWR, 0600);
	int fds[2];

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 5 + i / 256);
	EXPECT(write(file, out, sizeof(out)), sizeof(out));
	EXPECT(lseek(file, 10, SEEK_SET), 10);
	stream(fds);
	EXPECT(splice(file, fds[1], sizeof(out)), sizeof(out) - 10);
	EXPECT(splice(file, fds[1], 1), 0);
	EXPECT(close(file), 0);
	EXPECT(close(open("/tmp/spliced", O_TRUNC | O_WRONLY, 0)), 0);
	EXPECT(unlink("/tmp/spliced"), 0);
	EXPECT(read_all(fds[0], in, sizeof(out) - 10), sizeof(out) - 10);
	EXPECT(memcmp(in, out + 10, sizeof(out) - 10), 0);
	close(fds[0]);
	close(fds[1]);
}

static void SplicedBytesAreTheFilesOwn(void)
{
	char in[4] = "";
	long file = open("/tmp/shared", O_CREAT | O_RDWR, 0600);
	int fds[2];

	write(file, "old", 3);
	lseek(file, 0, SEEK_SET);
	stream(fds);
	EXPECT(splice(file, fds[1], 3), 3);
	lseek(file, 0, SEEK_SET);
	write(file, "new", 3);
	EXPECT(read(fds[0], in, 3), 3);
	EXPECT(memcmp(in, "new", 3), 0);
	close(file);
	close(fds[0]);
	close(fds[1]);
	unlink("/tmp/shared");
}

/* In a new stream no buffer has been written to: the flaw can't show. */
static void AWriteBehindSplicedBytesLeavesTheFileAlone(void)
{
	char in[8];
	long file = open("/tmp/alone", O_CREAT | O_RDWR, 0600);
	int fds[2];

	write(file, "file", 4);
	lseek(file, 0, SEEK_SET);
	stream(fds);
	EXPECT(splice(file, fds[1], 1), 1);
	EXPECT(write(fds[1], "XXX", 3), 3);
	EXPECT(read(fds[0], in, sizeof(in)), 4);
	EXPECT(memcmp(in, "fXXX", 4), 0);
	lseek(file, 0, SEEK_SET);
	EXPECT(read(file, in, sizeof(in)), 4);
	EXPECT(memcmp(in, "file", 4), 0);
	close(file);
	close(fds[0]);
	close(fds[1]);
	unlink("/tmp/alone");
}

static void ASplicedHoleReadsAsZeros(void)
{
	char in[4] = "xxx";
	long file = open("/tmp/hole", O_CREAT | O_RDWR, 0600);
	int fds[2];

	lseek(file, 5 * PAGE, SEEK_SET);
	write(file, "end", 3);
	lseek(file, PAGE, SEEK_SET);
	stream(fds);
	EXPECT(splice(file, fds[1], 3), 3);
	EXPECT(read(fds[0], in, 3), 3);
	EXPECT(in[0] | in[1] | in[2], 0);
	close(file);
	close(fds[0]);
	close(fds[1]);
	unlink("/tmp/hole");
}

static void OnlyFilesGoIntoStreams(void)
{
	long file = open("/etc/motd", O_RDONLY, 0), dir = open("/", O_RDONLY, 0), zero = open("/dev/zero", O_RDONLY, 0);
	long output = open("/tmp/output", O_CREAT | O_WRONLY, 0600);
	int s[2], p[2];

	stream(s);
	pipe(p);
	EXPECT(splice(file, s[1], 0), 0);
	EXPECT(splice(dir, s[1], 1), -EINVAL);
	EXPECT(splice(zero, s[1], 1), -EINVAL);
	EXPECT(splice(p[0], s[1], 1), -EINVAL);
	EXPECT(splice(file, p[1], 1), -EINVAL);
	EXPECT(splice(file, output, 1), -EINVAL);
	EXPECT(splice(file, s[1], ~0UL), -EINVAL);
	EXPECT(splice(output, s[1], 1), -EBADF);
	EXPECT(splice(file, s[0], 1), -EBADF);
	EXPECT(splice(file, 31, 1), -EBADF);
	EXPECT(splice(-1, s[1], 1), -EBADF);
	EXPECT(close(file) | close(dir) | close(zero) | close(output) | close(s[0]) | close(s[1]) | close(p[0]) | close(p[1]), 0);
	unlink("/tmp/output");
}

static void AFailedReadOfAStreamLosesNothing(void)
{
	char in[4];
	int fds[2];

	stream(fds);
	EXPECT(syscall3(SYS_write, fds[1], 8, 3), -EFAULT);
	write(fds[1], "abc", 3);
	EXPECT(syscall3(SYS_write, fds[1], 8, 3), -EFAULT);
	EXPECT(syscall3(SYS_read, fds[0], 8, 3), -EFAULT);
	EXPECT(read(fds[0], in, 4), 3);
	close(fds[0]);
	close(fds[1]);
}

#define T(name) { #name, name }
const struct utest stream_tests[] = {
	T(WhatGoesIntoAStreamComesOut), T(SmallWritesShareABuffer), T(TheLastWriterLeavingEndsAStream),
	T(AStreamWithoutAReaderIsRefusedAndKills), T(AWriteLargerThanTheStreamArrivesWhole), T(SplicedBytesOutliveTheirFile),
	T(SplicedBytesAreTheFilesOwn), T(AWriteBehindSplicedBytesLeavesTheFileAlone), T(ASplicedHoleReadsAsZeros),
	T(OnlyFilesGoIntoStreams), T(AFailedReadOfAStreamLosesNothing), { NULL, NULL },
};
