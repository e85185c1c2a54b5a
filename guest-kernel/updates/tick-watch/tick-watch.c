/*
 * Replaces code that runs in interrupt context: run_timers, which the timer interrupt calls at every tick. The
 * replacement does the same and keeps count of the longest tick.
 */
#include <kernel/list.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <lucos_update.h>

LUCOS_UPDATE("tick-watch", "1.0", "the timer interrupt keeps count of its timers");

/* Statics of kernel/time.c. */
extern struct spinlock timer_lock;
extern struct list_head timers;

static u64 runs, fired, most;

static void watched_run_timers(void)
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
		spin_unlock_irqrestore(&timer_lock, flags);
		function(arg);
		here++;
		flags = spin_lock_irqsave(&timer_lock);
	}
	runs++;
	fired += here;
	most = MAX(most, here);
	spin_unlock_irqrestore(&timer_lock, flags);
}

static void tell(void)
{
	printk("tick-watch: %lu ticks ran %lu timers, at most %lu at once\n", runs, fired, most);
}

LUCOS_REPLACE(run_timers, watched_run_timers);
LUCOS_CLEANUP(tell);
