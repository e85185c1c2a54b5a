/*
 * While an update drains, its thread walks all stacks every DRAIN_TICKS ticks and reports to the Update Server, which
 * decides. Where stubs tell who leaves, the server rings when somebody has, and walks are a fallback, for who leaves without
 * returning: every STUB_ROUNDS times as long. It sleeps without a deadline when nothing drains.
 */
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include "abandoned.h"
#include "data.h"
#include "drain.h"
#include "history.h"
#include "server.h"
#include "transaction.h"
#include "updates.h"

#define DRAIN_TICKS 4
#define STUB_ROUNDS 4

static WAIT_QUEUE(drain_queue, "lucos-drain");
static struct thread *drain_thread;
static bool kicked;

static bool pending(const struct update *update)
{
	return update->state == LUCOS_UPDATE_DRAINING || update->state == LUCOS_UPDATE_ROLLING_BACK ||
		update->state == LUCOS_UPDATE_ROLLED_BACK;
}

static bool draining(const struct update *update)
{
	return update->state == LUCOS_UPDATE_DRAINING || update->state == LUCOS_UPDATE_ROLLING_BACK;
}

/* What the server has found out by itself, by a stub: that nobody is left. */
static void learn(struct update *update)
{
	struct lucos_update_status status;

	if (data_completes(update))
		data_advance(update);
	else if (server_query(update->id, &status))
		update->state = status.state;
}

static bool walk_due(const struct update *update, u32 round)
{
	return draining(update) && (!update->stubs_tell || round % STUB_ROUNDS == 0);
}

/* What keeps a report from being made, when it does so for the second time in a row and is not the same as before. */
static void note_trouble(struct update *update, const struct verdict *verdict)
{
	if (verdict->refusal && verdict->refusal == update->report_refusal && !update->report_noted) {
		history_trouble(update->name, update->version, "report", verdict->detail);
		update->report_noted = true;
	}
	if (verdict->refusal != update->report_refusal)
		update->report_noted = false;
	update->report_refusal = verdict->refusal;
}

static void advance(struct update *update, u32 round)
{
	struct verdict verdict = { 0 };
	u32 before = update->state;

	if (draining(update))
		learn(update);
	/* A walk that is refused is tried again: a stack that can't be walked now can be later. */
	if (walk_due(update, round)) {
		if (!server_report(update, &verdict) && draining(update))
			learn(update);
		note_trouble(update, &verdict);
	}
	if (update->state != before)
		history_note(update->name, update->version, lucos_update_state_name(update->state));
	if (!draining(update))
		update->activations = update->blocker_count = 0;
	if (update->state == LUCOS_UPDATE_ROLLED_BACK)
		rollback_finish(update);
}

/* Whether anything is left to see through. */
static bool advance_all(u32 round)
{
	struct update *update, *next;
	bool left = false;

	mutex_lock(&transaction_lock);
	list_for_each_safe(update, next, &update_list, link) {
		if (pending(update))
			advance(update, round);
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
	u32 round = 0;

	while (!kthread_should_stop()) {
		if (left)
			wait_event_timeout(
				&drain_queue, READ_ONCE(kicked) || kthread_should_stop(), DRAIN_TICKS * NS_PER_TICK);
		else
			wait_event(&drain_queue, READ_ONCE(kicked) || kthread_should_stop());
		WRITE_ONCE(kicked, false);
		left = advance_all(round++);
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
