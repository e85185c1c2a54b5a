/*
 * Sleeping lock, for holders that may sleep. Not usable in interrupt context.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include <kernel/wait.h>

struct mutex {
	struct wait_queue waiters;	/* its lock guards owner */
	struct thread *owner;
};

#define MUTEX(var, text) \
	struct mutex var = { { SPINLOCK(text), text, LIST_HEAD_INIT(var.waiters.sleepers) }, NULL }

void mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);

#endif
