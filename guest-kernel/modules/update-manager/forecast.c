/* A trial load and a walk of all stacks, taken back at once. See forecast.h. */
#include "forecast.h"
#include <kernel/ipi.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "activations.h"
#include "history.h"
#include "load.h"

/* Contexts to make room for. The counts of functions are whole even when there are more. */
#define FORECAST_CONTEXTS 64

static void describe(const struct update *update, char *text, u64 size)
{
	char one[96];
	u64 used = 0;

	for (u32 i = 0; i < update->function_count; i++) {
		const struct lucos_function_desc *function = &update->functions[i];
		u64 length;

		snprintf(one, sizeof(one), "%s%s=%u", used ? " " : "", function->name, function->activations);
		length = strlen(one);
		if (used + length >= size)
			return;
		memcpy(text + used, one, length + 1);
		used += length;
	}
}

static u32 count(struct update *update, struct verdict *verdict)
{
	struct activations activations;

	if (activations_allocate(&activations, update, FORECAST_CONTEXTS))
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to look at the stacks", update->name);
	cpus_park();
	activations_find(&activations, update, OLD_CODE);
	cpus_release();
	describe(update, verdict->detail, sizeof(verdict->detail));
	activations_free(&activations);
	return 0;
}

u32 forecast(const struct package *package, struct outcome *outcome)
{
	struct verdict *verdict = &outcome->verdict;
	struct update *update = update_load(package, 0, verdict);

	if (update) {
		count(update, verdict);
		update_unload(update);
	}
	if (verdict->refusal)
		history_refused(outcome->name, outcome->version, "check", verdict);
	return verdict->refusal;
}
