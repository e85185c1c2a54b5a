/*
 * pipeload: a checked byte stream (load_byte_stream) through a pipe.
 * Ends with `pipeload: bytes=N errors=N`, status 0 if errors=0, else 1. Stops on --bytes, --seconds, TERM or INT.
 */
#include <unistd.h>
#include "load.h"

static long put(long out, const void *piece, size_t n, unsigned long round)
{
	(void)round;
	return write_all(out, piece, n);
}

int main(int argc, char **argv)
{
	return load_byte_stream("pipeload", argc, argv, pipe, put);
}
