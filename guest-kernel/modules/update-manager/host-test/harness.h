/* What the tests share: one package under test, and the judgement of the verifier on it. */
#ifndef HARNESS_H
#define HARNESS_H

#include "builder.h"
#include "../verdict.h"

extern struct made made;
extern u32 passed, failed;

/* Everything as it was before the first test, and the recipe of the default package. */
void start(void);
/* The verifier's word: that of package_open(), then of kernel_match(). */
u32 verify(const void *bytes, u64 size, struct verdict *verdict);
void check(bool ok, const char *claim, const char *detail);
/* The package must be refused with that code, and the words must hold `part`. */
void expect(u32 refusal, const char *part, const char *claim);

/* Packages that change data. */
void data_tests(void);

#endif
