/* See code_spans.h. No two spans share a byte: bodies lie apart, and each update has a module of its own. */
#include "code_spans.h"
#include <kernel/slab.h>
#include <uapi/errno.h>
#include "activations.h"
#include "updates.h"

static void add(struct code_spans *spans, u64 start, u64 size, u32 function)
{
	if (size)
		spans->spans[spans->count++] = (struct code_span){ start, start + size, function };
}

static void swap(struct code_span *a, struct code_span *b)
{
	struct code_span saved = *a;

	*a = *b;
	*b = saved;
}

static void sink(struct code_span *heap, u32 at, u32 count)
{
	for (;;) {
		u32 child = 2 * at + 1;

		if (child >= count)
			return;
		if (child + 1 < count && heap[child + 1].start > heap[child].start)
			child++;
		if (heap[child].start <= heap[at].start)
			return;
		swap(&heap[at], &heap[child]);
		at = child;
	}
}

/* Heap sort: hundreds of functions come in any order, and this kernel has no stack for a quicker one. */
static void sort(struct code_spans *spans)
{
	for (u32 i = spans->count / 2; i > 0; i--)
		sink(spans->spans, i - 1, spans->count);
	for (u32 last = spans->count; last > 1; last--) {
		swap(&spans->spans[0], &spans->spans[last - 1]);
		sink(spans->spans, 0, last - 1);
	}
}

static void add_older(struct code_spans *spans, const struct update *older, const struct update *update)
{
	add(spans, older->relocation_area, older->relocation_size, SPAN_ANY);
	for (u32 i = 0; i < update->function_count; i++) {
		for (u32 k = 0; k < older->function_count; k++) {
			if (older->functions[k].old_address == update->functions[i].old_address)
				add(spans, older->functions[k].new_address, older->functions[k].new_size, i);
		}
	}
}

int code_spans_make(struct code_spans *spans, const struct update *update)
{
	u64 capacity = (u64)activations_places(update) + update->function_count + updates_count() + 1;
	struct update *older;

	spans->count = 0;
	spans->spans = kmalloc(capacity * sizeof(*spans->spans));
	if (!spans->spans)
		return -ENOMEM;
	add(spans, update->relocation_area, update->relocation_size, SPAN_ANY);
	for (u32 i = 0; i < update->function_count; i++) {
		add(spans, update->functions[i].old_address, update->functions[i].old_size, i);
		add(spans, update->functions[i].new_address, update->functions[i].new_size, i);
	}
	list_for_each(older, &update_list, link) {
		if (older == update)
			break;
		add_older(spans, older, update);
	}
	sort(spans);
	return 0;
}

void code_spans_free(struct code_spans *spans)
{
	kfree(spans->spans);
	spans->spans = NULL;
	spans->count = 0;
}

const struct code_span *code_spans_find(const struct code_spans *spans, u64 address)
{
	u32 low = 0, high = spans->count;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (spans->spans[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < spans->spans[low - 1].end ? &spans->spans[low - 1] : NULL;
}
