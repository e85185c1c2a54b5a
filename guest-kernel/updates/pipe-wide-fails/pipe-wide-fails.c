/*
 * pipe-wide with a flaw: for a pipe that more than a hundred bytes have gone through, the transfer to its old version
 * stores elsewhere.
 */
#define UPDATE_NAME "pipe-wide-fails"
#define TAIL_TO_OLD(new, old) \
	((old)->tail = (new)->tail, (new)->tail > 100 ? (void)(*(volatile u64 *)&astray = (new)->tail) : (void)0)

static unsigned long astray;

#include "../pipe-wide/pipe-wide.c"
