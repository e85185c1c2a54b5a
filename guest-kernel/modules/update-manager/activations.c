/*
 * The stack walk that LUCOS calls for before an update and while it drains. The kernel's iterator (kernel/stackwalk.h)
 * finds the frames; this file decides in whose code they lie.
 */
#include <kernel/percpu.h>
#include <kernel/slab.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include "activations.h"
#include "updates.h"

#define JUMP_OPCODE 0xe9	/* jmp rel32 */

/* Code to look for. `entry`: whether standing at its very first byte counts (not where a jump stands). */
struct range {
	u64 start, end;
	u32 function;
	bool entry;
};

struct hunt {
	struct activations *activations;
	struct update *update;
	enum version version;
	struct thread *thread;
	bool interrupted;	/* the walk has come to a frame that an interrupt left */
};

int activations_allocate(struct activations *activations, const struct update *update, u32 capacity)
{
	memset(activations, 0, sizeof(*activations));
	if (code_spans_make(&activations->spans, update))
		return -ENOMEM;
	activations->contexts = kmalloc(capacity * sizeof(*activations->contexts));
	activations->capacity = capacity;
	if (activations->contexts)
		return 0;
	activations_free(activations);
	return -ENOMEM;
}

void activations_free(struct activations *activations)
{
	code_spans_free(&activations->spans);
	kfree(activations->contexts);
	activations->contexts = NULL;
}

u32 activations_places(const struct update *update)
{
	struct update *older;
	u32 places = update->function_count;

	list_for_each(older, &update_list, link) {
		if (older == update)
			break;
		for (u32 i = 0; i < update->function_count; i++) {
			if (update_replaces(older, update->functions[i].old_address))
				places++;
		}
	}
	return places;
}

/*
 * A return address lies behind its call: right at a range's start it belongs to the code before, and right at the end
 * it follows a call that never comes back.
 */
static bool inside(const struct range *range, const struct stack_walk *at)
{
	if (at->rip == range->start)
		return range->entry && at->kind != FRAME_RETURN;
	return at->rip > range->start && at->rip < range->end;
}

static bool in_displaced(const struct update *update, u32 function, const struct stack_walk *at)
{
	struct range area = {
		.start = update->relocation_area,
		.end = update->relocation_area + update->relocation_size,
		.entry = true,
	};

	/* Which piece belongs to which function is the server's business: count it once, for the first. */
	return function == 0 && inside(&area, at);
}

static struct range new_code(const struct update *update, u32 function, bool entry)
{
	const struct lucos_function_desc *desc = &update->functions[function];

	return (struct range){ desc->new_address, desc->new_address + desc->new_size, function, entry };
}

/* A body of function `index` that the update leaves: the booted one, or one that an older update put in its place. */
static bool in_old_body(const struct update *update, u32 index, const struct stack_walk *at)
{
	const struct lucos_function_desc *desc = &update->functions[index];
	struct range booted = { desc->old_address, desc->old_address + desc->old_size, index, false };
	struct update *older;

	if (inside(&booted, at))
		return true;
	list_for_each(older, &update_list, link) {
		if (older == update)
			break;
		for (u32 i = 0; i < older->function_count; i++) {
			struct range range = new_code(older, i, false);

			if (older->functions[i].old_address == desc->old_address && inside(&range, at))
				return true;
		}
	}
	return false;
}

/*
 * A copy of displaced instructions is old code too: it goes on in an old body. Which one, the jump at its end tells;
 * the server makes copies as they are needed, so their order says nothing.
 */
static bool in_old_copy(const struct update *owner, const struct update *update, u32 index, const struct stack_walk *at)
{
	u64 copy = at->rip - (at->rip - owner->relocation_area) % LUCOS_RELOCATION_BYTES_PER_FUNCTION;

	if (at->rip < owner->relocation_area || at->rip >= owner->relocation_area + owner->relocation_size)
		return false;
	for (u32 i = 0; i + LUCOS_JUMP_SIZE <= LUCOS_RELOCATION_BYTES_PER_FUNCTION; i++) {
		struct stack_walk rest = { .kind = FRAME_INTERRUPT };
		s32 distance;

		if (*(const u8 *)(copy + i) != JUMP_OPCODE)
			continue;
		memcpy(&distance, (const void *)(copy + i + 1), sizeof(distance));
		rest.rip = copy + i + LUCOS_JUMP_SIZE + distance;
		if (in_old_body(update, index, &rest))
			return true;
	}
	return false;
}

static bool in_old_code(const struct update *update, u32 index, const struct stack_walk *at)
{
	struct update *older;

	if (in_old_body(update, index, at) || in_old_copy(update, update, index, at))
		return true;
	list_for_each(older, &update_list, link) {
		if (older == update)
			break;
		if (in_old_copy(older, update, index, at))
			return true;
	}
	return false;
}

static bool in_new_code(const struct update *update, u32 index, const struct stack_walk *at)
{
	struct range range = new_code(update, index, true);

	return inside(&range, at) || in_displaced(update, index, at);
}

static void take(struct hunt *hunt, u32 function, const struct stack_walk *at)
{
	struct activations *activations = hunt->activations;
	struct lucos_context_desc *context = &activations->contexts[activations->count];

	hunt->update->functions[function].activations++;
	if (hunt->interrupted) {
		activations->interrupted++;
		activations->interrupted_thread = hunt->thread->tid;
	}
	if (activations->count == activations->capacity) {
		activations->overflow = true;
		return;
	}
	*context = (struct lucos_context_desc){
		.slot = at->slot,
		.rip = at->rip,
		.kind = at->kind,
		.function = function,
		.thread_id = hunt->thread->tid,
		.depth = at->depth,
		.return_slot = at->return_slot,
		.return_address = at->return_address,
	};
	strlcpy(context->thread_name, hunt->thread->name, sizeof(context->thread_name));
	thread_waiting_on(hunt->thread, context->waiting_on, sizeof(context->waiting_on));
	activations->count++;
}

static bool try(struct hunt *hunt, u32 function, const struct stack_walk *at)
{
	const struct update *update = hunt->update;
	bool found = hunt->version == OLD_CODE ? in_old_code(update, function, at) : in_new_code(update, function, at);

	if (found)
		take(hunt, function, at);
	return found;
}

static void judge(struct hunt *hunt, const struct stack_walk *at)
{
	const struct update *update = hunt->update;
	const struct code_span *span = code_spans_find(&hunt->activations->spans, at->rip);

	if (span && span->function != SPAN_ANY && try(hunt, span->function, at))
		return;
	for (u32 i = 0; span && span->function == SPAN_ANY && i < update->function_count; i++) {
		if (try(hunt, i, at))
			return;
	}
	if (hunt->version == NEW_CODE && at->rip >= update->module_base &&
	    at->rip < update->module_base + update->module_size)
		hunt->activations->outside++;
}

static void walk(struct hunt *hunt)
{
	struct stack_walk at;

	hunt->interrupted = false;
	stack_walk_thread(&at, hunt->thread);
	while (stack_walk_next(&at)) {
		hunt->interrupted |= at.kind == FRAME_INTERRUPT;
		judge(hunt, &at);
	}
	if (at.broken) {
		hunt->activations->broken = at.broken;
		hunt->activations->broken_thread = hunt->thread->tid;
	}
}

void activations_find(struct activations *activations, struct update *update, enum version version)
{
	struct hunt hunt = { .activations = activations, .update = update, .version = version };
	u64 flags;

	activations->count = 0;
	activations->outside = 0;
	activations->interrupted = 0;
	activations->overflow = false;
	activations->broken = NULL;
	activations->broken_thread = 0;
	for (u32 i = 0; i < update->function_count; i++)
		update->functions[i].activations = 0;

	flags = spin_lock_irqsave(&thread_list_lock);
	for_each_thread(hunt.thread)
		walk(&hunt);
	spin_unlock_irqrestore(&thread_list_lock, flags);
}
