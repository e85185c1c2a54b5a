/*
 * Wait queues. Sleepers can be listed: lock, then walk sleepers through
 * thread.wait_link; thread.waiting_on points back.
 *
 * wait_event(wq, condition) sleeps until the condition holds; the condition is
 * evaluated with no lock held. wait_event_interruptible gives -EINTR when a
 * signal is pending, else 0. wait_event_timeout returns true if the condition
 * came to hold before the time was over.
 * A waker changes the condition first and then calls wake_up.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <kernel/types.h>
#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

struct wait_queue {
	struct spinlock lock;		/* outside sched_lock; irqsave */
	const char *name;
	struct list_head sleepers;	/* oldest first */
};

#define WAIT_QUEUE(var, text) \
	struct wait_queue var = { SPINLOCK(text), text, LIST_HEAD_INIT(var.sleepers) }

void wait_init(struct wait_queue *wq, const char *name);
void wake_up(struct wait_queue *wq);		/* all sleepers; any context */
void wake_up_one(struct wait_queue *wq);	/* the oldest */

/*
 * Something that happens once and may be on the waiter's stack: complete() sets `done` and wakes within the queue's lock, which
 * the waiter takes on its way out (wait_finish), so it does not leave before complete() has let go of it.
 */
struct completion {
	struct wait_queue queue;
	bool done;
};

void complete(struct completion *c);
#define wait_for_completion(c) wait_event(&(c)->queue, READ_ONCE((c)->done))

/* The parts of wait_event. */
void wait_prepare(struct wait_queue *wq);
void wait_finish(struct wait_queue *wq);
bool wait_signal_pending(void);
void wait_schedule_until(u64 deadline_ns);
u64 time_ns(void);

#define wait_event(wq, condition)				\
	do {							\
		for (;;) {					\
			wait_prepare(wq);			\
			if (condition)				\
				break;				\
			schedule();				\
		}						\
		wait_finish(wq);				\
	} while (0)

#define wait_event_interruptible(wq, condition) ({		\
	int _result = 0;					\
	for (;;) {						\
		wait_prepare(wq);				\
		if (condition)					\
			break;					\
		if (wait_signal_pending()) {			\
			_result = -EINTR;			\
			break;					\
		}						\
		schedule();					\
	}							\
	wait_finish(wq);					\
	_result;						\
})

#define wait_event_timeout(wq, condition, ns) ({		\
	u64 _deadline = time_ns() + (ns);			\
	bool _held;						\
	for (;;) {						\
		wait_prepare(wq);				\
		_held = (condition);				\
		if (_held || time_ns() >= _deadline)		\
			break;					\
		wait_schedule_until(_deadline);			\
	}							\
	wait_finish(wq);					\
	_held;							\
})

#endif
