/* A trial load and a walk of all stacks, taken back at once. See forecast.h. */
#include "forecast.h"
#include <kernel/ipi.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "activations.h"
#include "history.h"
#include "load.h"
#include "updates.h"

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

static void add_line(struct forecast *forecast, const char *format, ...)
{
	char line[192];
	va_list args;
	u64 length;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	length = strlen(line);
	if (length > forecast->capacity - forecast->size)
		return;
	memcpy(forecast->text + forecast->size, line, length);
	forecast->size += length;
}

/* A thread is called what the file of its program is called: that may hold what ends fields and lines. */
static void add_context(struct forecast *forecast, const struct lucos_context_desc *context)
{
	char name[sizeof(context->thread_name)];

	strlcpy(name, context->thread_name, sizeof(name));
	for (u32 i = 0; name[i]; i++) {
		if ((u8)name[i] < ' ')
			name[i] = '?';
	}
	add_line(forecast, "context\t%u\t%u\t%u\t%u\t%s\t%s\n", context->thread_id, context->depth, context->kind,
		context->function, context->waiting_on, name);
}

static void tell(struct forecast *forecast, const struct update *update, const struct activations *activations)
{
	for (u32 i = 0; i < update->function_count; i++)
		add_line(forecast, "function\t%s\t%u\n", update->functions[i].name, update->functions[i].activations);
	for (u32 i = 0; i < update->type_count; i++) {
		const struct update_type *type = &update->types[i];

		add_line(forecast, "type\t%s\t%lu\n", type->declared.name, type->cache ? type->cache->live : 1);
	}
	for (u32 i = 0; i < activations->count; i++)
		add_context(forecast, &activations->contexts[i]);
}

static u32 look(struct update *update, struct verdict *verdict, struct forecast *forecast)
{
	struct activations activations;

	if (activations_allocate(&activations, update, FORECAST_CONTEXTS))
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory to look at the stacks", update->name);
	cpus_park();
	activations_find(&activations, update, OLD_CODE);
	cpus_release();
	describe(update, verdict->detail, sizeof(verdict->detail));
	if (forecast)
		tell(forecast, update, &activations);
	activations_free(&activations);
	return 0;
}

u32 forecast_make(const struct package *package, struct outcome *outcome, struct forecast *forecast)
{
	struct verdict *verdict = &outcome->verdict;
	struct update *update = update_load(package, 0, verdict);

	if (update) {
		look(update, verdict, forecast);
		update_unload(update);
	}
	if (verdict->refusal)
		history_refused(outcome->name, outcome->version, "check", verdict);
	return verdict->refusal;
}
