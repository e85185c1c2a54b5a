/*
 * All code that a walk for one update may ask about, in order of addresses: a frame is looked up by halving, and only one
 * that lies in a span is looked at closely. Without it each frame on each stack would be compared with each function.
 */
#ifndef UM_CODE_SPANS_H
#define UM_CODE_SPANS_H

#include <kernel/types.h>

struct update;

/* `function` of a span that may hold code of any: displaced instructions. */
#define SPAN_ANY (~0u)

struct code_span {
	u64 start, end;
	u32 function;	/* index in update->functions[] */
};

struct code_spans {
	struct code_span *spans;
	u32 count;
};

/* Code of both versions, as the list of updates is now. 0 or -ENOMEM. Sleeps. */
int code_spans_make(struct code_spans *spans, const struct update *update);
void code_spans_free(struct code_spans *spans);

/* The span that holds `address`; NULL: none. */
const struct code_span *code_spans_find(const struct code_spans *spans, u64 address);

#endif
