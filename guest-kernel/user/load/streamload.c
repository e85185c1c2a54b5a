/*
 * streamload: a checked byte stream (load_byte_stream) through a stream of page buffers. Every third piece is put into a file and
 * spliced from there; the file is then removed, while its pages wait to be read.
 * Ends with `streamload: bytes=N errors=N`, status 0 if errors=0, else 1. Stops on --bytes, --seconds, TERM or INT.
 */
#include <stdio.h>
#include <unistd.h>
#include "load.h"

static long splice_all(long file, long out, size_t n)
{
	size_t done = 0;

	while (done < n) {
		long moved = splice(file, out, n - done);

		if (moved == -EINTR)
			continue;
		if (moved <= 0)
			return moved;
		done += (size_t)moved;
	}
	return (long)done;
}

static long put_by_file(long out, const void *piece, size_t n)
{
	char path[32];
	long file, result;

	snprintf(path, sizeof(path), "/tmp/streamload-%ld", getpid());
	file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	if (file < 0)
		return file;
	result = write_all(file, piece, n);
	if (result == (long)n)
		result = lseek(file, 0, SEEK_SET);
	if (result == 0)
		result = splice_all(file, out, n);
	close(file);
	unlink(path);
	return result;
}

static long put(long out, const void *piece, size_t n, unsigned long round)
{
	return round % 3 == 2 ? put_by_file(out, piece, n) : write_all(out, piece, n);
}

int main(int argc, char **argv)
{
	return load_byte_stream("streamload", argc, argv, stream, put);
}
