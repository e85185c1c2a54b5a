/* See callbacks.h. */
#include <kernel/list.h>
#include <kernel/module.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/time.h>
#include "callback.h"
#include "callbacks.h"
#include "history.h"
#include "types.h"
#include "updates.h"

/* One call; in update->calls as long as its thread may write to it. */
struct call {
	struct list_head link;
	const struct update_callback *callback;
	int argument;
	int tid;
	bool returned;
};

static const char *event_of(u32 kind)
{
	switch (kind) {
	case LUCOS_CALLBACK_FUNCTION_LEFT:
		return "function-left";
	case LUCOS_CALLBACK_THREADS_LEFT:
		return "threads-left";
	}
	return "data-left";
}

static bool find_subject(const struct update *update, const struct lucos_package_callback *declared,
	struct update_callback *callback)
{
	const struct module_section *types = module_find_section(update->module, LUCOS_SECTION_TYPES);

	if (declared->kind == LUCOS_CALLBACK_DATA_LEFT) {
		callback->subject = types ? (declared->subject - types->address) / sizeof(struct lucos_package_type) : 0;
		return callback->subject < update->type_count;
	}
	for (u32 i = 0; i < update->function_count; i++) {
		callback->subject = i;
		if (update->functions[i].new_address == declared->subject)
			return true;
	}
	return false;
}

u32 callbacks_load(struct update *update, struct verdict *verdict)
{
	const struct module_section *section = module_find_section(update->module, LUCOS_SECTION_CALLBACKS);
	const struct lucos_package_callback *declared = section ? (const void *)section->address : NULL;
	u32 count = section ? section->size / sizeof(*declared) : 0;

	if (!count)
		return 0;
	update->callbacks = kmalloc(count * sizeof(*update->callbacks));
	if (!update->callbacks)
		return refuse(verdict, LUCOS_REFUSAL_NO_MEMORY, "%s: no memory for its callbacks", update->name);
	for (u32 i = 0; i < count; i++) {
		struct update_callback *callback = &update->callbacks[update->callback_count];

		if (declared[i].kind == LUCOS_CALLBACK_STARTUP || declared[i].kind == LUCOS_CALLBACK_CLEANUP)
			continue;
		*callback = (struct update_callback){ .kind = declared[i].kind, .address = declared[i].function };
		if (!find_subject(update, &declared[i], callback))
			return refuse(verdict, LUCOS_REFUSAL_BAD_PACKAGE,
				"%s: callback %u is about nothing that the update changes", update->name, i);
		update->callback_count++;
	}
	return 0;
}

/* Frees what no thread writes to any more. */
static void reap(struct update *update)
{
	struct call *call, *next;

	list_for_each_safe(call, next, &update->calls, link) {
		if (thread_exists(call->tid))
			continue;
		list_del(&call->link);
		kfree(call);
	}
}

bool callbacks_running(struct update *update)
{
	reap(update);
	return !list_empty(&update->calls);
}

void callbacks_free(struct update *update)
{
	reap(update);
	kfree(update->callbacks);
}

static void run(void *arg)
{
	struct call *call = arg;

	if (call->callback->kind == LUCOS_CALLBACK_FUNCTION_LEFT)
		((void (*)(int))call->callback->address)(call->argument);
	else
		((void (*)(void))call->callback->address)();
	WRITE_ONCE(call->returned, true);
}

static const char *subject_name(const struct update *update, const struct update_callback *callback)
{
	if (callback->kind == LUCOS_CALLBACK_DATA_LEFT)
		return update->types[callback->subject].declared.name;
	return update->functions[callback->subject].name;
}

static const char *end_of(const struct call *call, bool ended)
{
	if (READ_ONCE(call->returned))
		return "done";
	return ended ? "faulted, the kernel's log says where" : "has not returned within its budget, and goes on";
}

static void note(const struct update *update, const struct update_callback *callback, int argument, const char *end)
{
	char detail[160];

	if (callback->kind == LUCOS_CALLBACK_FUNCTION_LEFT)
		snprintf(detail, sizeof(detail), "%s, thread %d: %s", subject_name(update, callback), argument, end);
	else
		snprintf(detail, sizeof(detail), "%s: %s", subject_name(update, callback), end);
	history_trouble(update->name, update->version, event_of(callback->kind), detail);
}

static void call_it(struct update *update, const struct update_callback *callback, int argument)
{
	struct call *call = kmalloc(sizeof(*call));
	struct thread *thread = NULL;
	bool ended;

	if (call) {
		*call = (struct call){ .callback = callback, .argument = argument };
		thread = thread_create("lucos-callback", run, call);
	}
	if (!thread) {
		kfree(call);
		note(update, callback, argument, "not called: no memory for a thread");
		return;
	}
	call->tid = thread->tid;
	list_add_tail(&call->link, &update->calls);
	sched_start(thread);
	ended = thread_join_timeout(call->tid, CALLBACK_SECONDS * 1000000000UL);
	note(update, callback, argument, end_of(call, ended));
	reap(update);
}

static void call_all(struct update *update, u32 kind, u32 subject, int argument)
{
	for (u32 i = 0; i < update->callback_count; i++) {
		struct update_callback *callback = &update->callbacks[i];

		if (callback->kind != kind || callback->subject != subject || callback->done)
			continue;
		callback->done = kind != LUCOS_CALLBACK_FUNCTION_LEFT;
		call_it(update, callback, argument);
	}
}

void callbacks_function_left(struct update *update, u32 function, int thread)
{
	call_all(update, LUCOS_CALLBACK_FUNCTION_LEFT, function, thread);
}

void callbacks_threads_left(struct update *update, u32 function)
{
	call_all(update, LUCOS_CALLBACK_THREADS_LEFT, function, 0);
}

void callbacks_all_left(struct update *update)
{
	for (u32 i = 0; i < update->function_count; i++)
		callbacks_threads_left(update, i);
}

/* Where references are moved, or new versions put in place, old versions are in use until the whole update is retired. */
void callbacks_type_left(struct update *update, u32 type)
{
	if (!type_moves(&update->types[type]) && !type_is_in_place(&update->types[type]))
		call_all(update, LUCOS_CALLBACK_DATA_LEFT, type, 0);
}

void callbacks_data_left(struct update *update)
{
	for (u32 i = 0; i < update->type_count; i++)
		call_all(update, LUCOS_CALLBACK_DATA_LEFT, i, 0);
}
