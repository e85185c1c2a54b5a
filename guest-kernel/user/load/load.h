/* load.h: what the workload programs share: stopping politely, limits, checkable data. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>

/* Set by TERM and INT: finish what is under way, print the final line, and leave. */
extern volatile int load_stop;

struct limits {
	unsigned long count;	/* --requests, --bytes, --forks ...: 0 for no bound */
	unsigned long seconds;	/* --seconds: 0 for no bound */
	unsigned long clients;	/* --clients */
	int verbose;		/* --verbose: a line every second, not only the last */
};

/* Catches TERM and INT; a parent passes them on to the children it has noted. */
void load_catch_signals(void);
void load_note_child(long pid);
void load_forget_children(void);	/* in a child */

/* Parses [--COUNT_NAME N] [--seconds N] [--clients N] [--verbose]; 0, or -1 after a message. */
int load_parse(int argc, char **argv, const char *count_name, struct limits *limits);

/* The time is up (by limits->seconds after start_ns), or a signal asked to stop. */
int load_over(const struct limits *limits, long start_ns);

/* A number that depends on every one of n bytes and on their order (FNV-1a, 64 bits). */
unsigned long checksum(const void *data, size_t n);

/* A fixed permutation of 64-bit numbers (a multiply-xorshift mix): data that can be computed again for checking. */
unsigned long mix(unsigned long x);

/* Sends n bytes, all of them, in the round-th piece; n, or what went wrong. */
typedef long (*load_put)(long out, const void *piece, size_t n, unsigned long round);

/*
 * The whole of a workload that sends a byte stream through what `create` makes (fds[0] is read) and checks every byte.
 * Prints `NAME: bytes=N errors=N`; the exit status.
 */
int load_byte_stream(const char *name, int argc, char **argv, long (*create)(int fds[2]), load_put put);

#endif
