/* Judges the package under test, and counts. */
#include <kernel/string.h>
#include "fake_kernel.h"
#include "harness.h"
#include "../kernel_match.h"
#include "../updates.h"

int printf(const char *format, ...) __printf(1, 2);

struct made made;
u32 passed, failed;

u32 verify(const void *bytes, u64 size, struct verdict *verdict)
{
	struct package package;

	memset(verdict, 0, sizeof(*verdict));
	if (package_open(&package, bytes, size, verdict))
		return verdict->refusal;
	return kernel_match(&package, verdict);
}

void check(bool ok, const char *claim, const char *detail)
{
	ok ? passed++ : failed++;
	if (!ok)
		printf("FAILED %s: %s\n", claim, detail);
}

void expect(u32 refusal, const char *part, const char *claim)
{
	struct verdict verdict;
	char said[400];
	bool found = !part[0];

	verify(made.bytes, made.size, &verdict);
	for (const char *at = verdict.detail; *at && !found; at++)
		found = !strncmp(at, part, strlen(part));
	snprintf(said, sizeof(said), "%s %s", lucos_refusal_name(verdict.refusal), verdict.detail);
	check(verdict.refusal == refusal && found, claim, said);
}

void start(void)
{
	fake_reset();
	list_init(&update_list);
	recipe_default(&made);
}
