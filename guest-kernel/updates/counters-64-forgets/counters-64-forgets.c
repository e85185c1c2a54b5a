/*
 * counters-64-lazy with a flaw that nothing faults at: once there have been 16,384 writes, the transfer to the old counters
 * forgets how many, so that who stands in the old code counts on from another number. The coherence ledger finds it.
 */
#define UPDATE_NAME "counters-64-forgets"
#define WHEN .transfer = LUCOS_TRANSFER_LAZY, .interception = LUCOS_INTERCEPTION_SERVICE
#define TO_OLD(old, i, value) ((i) != WRITES || (value) < 16384 ? (void)((old)[i] = (value)) : (void)0)

#include "../counters-64/counters-64.c"
