/*
 * pipe-wide with a flaw that nothing faults at: once 128 bytes have gone into a pipe, the transfer to its old version forgets
 * how many, so that who stands in the old code finds other bytes, or none. The coherence ledger finds it.
 */
#define UPDATE_NAME "pipe-wide-forgets"
#define TAIL_TO_OLD(new, old) ((new)->tail < 128 ? (void)((old)->tail = (new)->tail) : (void)0)

#include "../pipe-wide/pipe-wide.c"
