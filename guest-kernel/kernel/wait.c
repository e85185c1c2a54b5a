/*
 * Wait queues and mutexes. Order: queue lock, then sched_lock.
 */
#include <kernel/mutex.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <kernel/wait.h>

void wait_init(struct wait_queue *wq, const char *name)
{
	spin_init(&wq->lock, name);
	wq->name = name;
	list_init(&wq->sleepers);
}

void wait_prepare(struct wait_queue *wq)
{
	struct thread *t = current;
	u64 flags = spin_lock_irqsave(&wq->lock);
	if (list_empty(&t->wait_link))
		list_add_tail(&t->wait_link, &wq->sleepers);
	sched_set_sleeping(wq);	/* before the condition is looked at */
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_finish(struct wait_queue *wq)
{
	struct thread *t = current;
	u64 flags = spin_lock_irqsave(&wq->lock);
	sched_set_running();
	list_del(&t->wait_link);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up(struct wait_queue *wq)
{
	struct thread *t;
	u64 flags = spin_lock_irqsave(&wq->lock);
	list_for_each(t, &wq->sleepers, wait_link)
		thread_wake(t);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up_one(struct wait_queue *wq)
{
	struct thread *t;
	u64 flags = spin_lock_irqsave(&wq->lock);
	list_for_each(t, &wq->sleepers, wait_link)
		if (thread_wake(t))
			break;
	spin_unlock_irqrestore(&wq->lock, flags);
}

void complete(struct completion *c)
{
	struct thread *t;
	u64 flags = spin_lock_irqsave(&c->queue.lock);
	WRITE_ONCE(c->done, true);
	list_for_each(t, &c->queue.sleepers, wait_link)
		thread_wake(t);
	spin_unlock_irqrestore(&c->queue.lock, flags);
}

bool wait_signal_pending(void)
{
	return READ_ONCE(current->signals) != 0;
}

static void wake_thread(void *arg)
{
	thread_wake(arg);
}

void wait_schedule_until(u64 deadline_ns)
{
	struct timer timer;
	timer_init(&timer, wake_thread, current);
	timer_arm(&timer, deadline_ns);
	schedule();
	timer_cancel(&timer);
}

void mutex_init(struct mutex *m, const char *name)
{
	wait_init(&m->waiters, name);
	m->owner = NULL;
}

bool mutex_trylock(struct mutex *m)
{
	u64 flags = spin_lock_irqsave(&m->waiters.lock);
	bool taken = !m->owner;
	if (taken)
		m->owner = current;
	spin_unlock_irqrestore(&m->waiters.lock, flags);
	return taken;
}

void mutex_lock(struct mutex *m)
{
	BUG_ON(m->owner == current);
	if (mutex_trylock(m))
		return;
	wait_event(&m->waiters, mutex_trylock(m));
}

void mutex_unlock(struct mutex *m)
{
	BUG_ON(m->owner != current);
	u64 flags = spin_lock_irqsave(&m->waiters.lock);
	m->owner = NULL;
	spin_unlock_irqrestore(&m->waiters.lock, flags);
	wake_up(&m->waiters);
}
