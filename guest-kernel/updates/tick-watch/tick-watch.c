/*
 * Replaces code that runs in interrupt context: tick, the handler of the timer interrupt. The replacement does the
 * same and keeps count of the timers that fire. The compiler has inlined run_timers into tick, so there is no
 * function of that name to replace or to call: what is replaced is the function that it became part of.
 */
#include <kernel/list.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <lucos_update.h>

LUCOS_UPDATE("tick-watch", "1.0", "the timer interrupt keeps count of its timers");

/* Statics of kernel/time.c. */
extern struct spinlock timer_lock;
extern struct list_head timers;
extern struct timer *timer_running;
void account_load(void);

static u64 fired, most;
static u64 first_tick, last_tick;

static void watch_timers(void)
{
	u64 now = time_ns(), here = 0;
	u64 flags = spin_lock_irqsave(&timer_lock);

	while (!list_empty(&timers)) {
		struct timer *t = list_first(&timers, struct timer, link);
		void (*function)(void *) = t->function;
		void *arg = t->arg;

		if (t->deadline_ns > now)
			break;
		list_del(&t->link);
		t->armed = false;
		timer_running = t;
		spin_unlock_irqrestore(&timer_lock, flags);
		function(arg);
		here++;
		flags = spin_lock_irqsave(&timer_lock);
		timer_running = NULL;
	}
	fired += here;
	most = MAX(most, here);
	spin_unlock_irqrestore(&timer_lock, flags);
}

static void watched_tick(struct trap_frame *tf, void *arg)
{
	last_tick = ++ticks;
	account_load();
	if (!first_tick)
		first_tick = last_tick;
	watch_timers();
	sched_tick();
}

static void tell(void)
{
	printk("tick-watch: saw ticks %lu to %lu run %lu timers, at most %lu at once\n", first_tick, last_tick, fired,
		most);
}

LUCOS_REPLACE(tick, watched_tick);
LUCOS_CLEANUP(tell);
