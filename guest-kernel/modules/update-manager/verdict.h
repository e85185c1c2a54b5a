/*
 * What a check came to: 0 and nothing said, or the code of a refusal and a sentence that names what was wrong, where,
 * and what to do. Every check returns the code, so that callers read `if (check(...)) return verdict->refusal;`.
 */
#ifndef UM_VERDICT_H
#define UM_VERDICT_H

#include <kernel/types.h>
#include <lucos_abi.h>

struct verdict {
	u32 refusal;
	char detail[256];
};

/* Fills in the verdict and returns `refusal`. Text that does not fit is cut. */
__attribute__((format(printf, 3, 4)))
u32 refuse(struct verdict *verdict, u32 refusal, const char *format, ...);

#endif
