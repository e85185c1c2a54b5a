/*
 * pipe-wide with a flaw that no crash shows: the transfer to the old version keeps seven bits of the position, so that a pipe
 * that 128 bytes have gone through loses bytes for who stands in the old code. The coherence ledger finds it.
 */
#define UPDATE_NAME "pipe-wide-forgets"
#define SPOIL(new, old) ((old)->tail = (new)->tail & 0x7f)

#include "../pipe-wide/pipe-wide.c"
