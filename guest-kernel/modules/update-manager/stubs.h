/* The return stubs: the server puts their addresses on stacks, in the place of return addresses that it waits for. */
#ifndef UM_STUBS_H
#define UM_STUBS_H

#include <kernel/stackwalk.h>

extern struct return_stubs stubs;

#endif
