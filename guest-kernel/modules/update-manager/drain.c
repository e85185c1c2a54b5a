/*
 * While an update drains, its thread walks all stacks every DRAIN_TICKS ticks and reports to the Update Server, which
 * decides. It sleeps without a deadline when nothing drains.
 */
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include "abandoned.h"
#include "drain.h"
#include "history.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

#define DRAIN_TICKS 4

static WAIT_QUEUE(drain_queue, "lucos-drain");
static struct thread *drain_thread;
static bool kicked;

static bool pending(const struct update *update)
{
	return update->state == LUCOS_UPDATE_DRAINING || update->state == LUCOS_UPDATE_ROLLING_BACK ||
		update->state == LUCOS_UPDATE_ROLLED_BACK;
}

static void advance(struct update *update)
{
	struct verdict verdict = { 0 };
	u32 before = update->state;

	/* A walk that is refused is tried again: a stack that can't be walked now can be later. */
	if (before != LUCOS_UPDATE_ROLLED_BACK && server_report(update, &verdict))
		return;
	if (update->state != before)
		history_note(update->name, update->version, lucos_update_state_name(update->state));
	if (update->state == LUCOS_UPDATE_ROLLED_BACK)
		rollback_finish(update);
}

/* Whether anything is left to see through. */
static bool advance_all(void)
{
	struct update *update, *next;
	bool left = false;

	mutex_lock(&transaction_lock);
	list_for_each_safe(update, next, &update_list, link) {
		if (pending(update))
			advance(update);
	}
	list_for_each(update, &update_list, link)
		left |= pending(update);
	left |= abandoned_advance();
	mutex_unlock(&transaction_lock);
	return left;
}

static void drain(void *arg)
{
	bool left = false;

	while (!kthread_should_stop()) {
		if (left)
			wait_event_timeout(
				&drain_queue, READ_ONCE(kicked) || kthread_should_stop(), DRAIN_TICKS * NS_PER_TICK);
		else
			wait_event(&drain_queue, READ_ONCE(kicked) || kthread_should_stop());
		WRITE_ONCE(kicked, false);
		left = advance_all();
	}
}

int drain_start(void)
{
	drain_thread = kthread_create("lucos-drain", drain, NULL);
	return drain_thread ? 0 : -ENOMEM;
}

void drain_stop(void)
{
	kthread_stop(drain_thread);
}

void drain_kick(void)
{
	WRITE_ONCE(kicked, true);
	wake_up(&drain_queue);
}
