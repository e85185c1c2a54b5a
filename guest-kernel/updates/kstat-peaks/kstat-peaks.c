/*
 * kstat-peaks: kstatd looks ten times as often, and keeps a sample only when the number of waiting threads is another than in the
 * last one. The main loop of a kernel thread, which never returns, is replaced: at its update point.
 */
#include <kernel/kstat.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <lucos_update.h>

LUCOS_UPDATE("kstat-peaks", "1.0", "kstatd keeps a sample whenever the number of waiting threads changes");

static bool changed(struct kstat *k)
{
	u64 flags = spin_lock_irqsave(&k->lock);
	bool differs = !k->taken || k->samples[(k->taken - 1) % KSTAT_SAMPLES].runnable != sched_runnable();
	spin_unlock_irqrestore(&k->lock, flags);
	return differs;
}

static void watchful_kstatd(void *arg)
{
	struct kstat *k = arg;
	for (;;) {
		kthread_update_point();
		if (changed(k))
			kstat_sample(k);
		sleep_ns(k->period_ns / 10);
	}
}

LUCOS_REPLACE_IN("kstat.c", kstatd, watchful_kstatd);
