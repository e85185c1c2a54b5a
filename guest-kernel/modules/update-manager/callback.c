/* See callback.h. The thread is gone, stack and all, when callback_run returns anything but CALLBACK_RUNS. */
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/time.h>
#include "callback.h"
#include "updates.h"

#define BUDGET_NS (CALLBACK_SECONDS * 1000000000UL)

static void call(void *arg)
{
	struct update *update = arg;
	struct callback *callback = &update->callback;

	if (callback->kind == CALLBACK_STARTUP)
		callback->result = update->startup();
	else
		update->cleanup();
	WRITE_ONCE(callback->returned, true);
}

static bool has(const struct update *update, enum callback_kind kind)
{
	return kind == CALLBACK_STARTUP ? update->startup != NULL : update->cleanup != NULL;
}

enum callback_end callback_run(struct update *update, enum callback_kind kind)
{
	struct callback *callback = &update->callback;
	struct thread *thread;

	if (!has(update, kind)) {
		*callback = (struct callback){ .kind = kind, .returned = true };
		return CALLBACK_RETURNED;
	}
	thread = thread_create(kind == CALLBACK_STARTUP ? "lucos-startup" : "lucos-cleanup", call, update);
	if (!thread)
		return CALLBACK_NO_MEMORY;
	*callback = (struct callback){ .kind = kind, .tid = thread->tid };
	sched_start(thread);
	/* `thread` may be gone from here on. */
	if (!thread_join_timeout(callback->tid, BUDGET_NS))
		return CALLBACK_RUNS;
	return READ_ONCE(callback->returned) ? CALLBACK_RETURNED : CALLBACK_DIED;
}

bool callback_running(const struct update *update)
{
	return update->callback.tid && thread_exists(update->callback.tid);
}
