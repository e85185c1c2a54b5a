/*
 * counters-64, with its state carried over when somebody reads the version that is out of date, and not at each of the
 * many stores: new code counts thousands of times between two looks of what is left in old code.
 */
#define UPDATE_NAME "counters-64-lazy"
#define WHEN .transfer = LUCOS_TRANSFER_LAZY, .interception = LUCOS_INTERCEPTION_SERVICE

#include "../counters-64/counters-64.c"
