/*
 * Spinlocks. Holding one disables preemption on this CPU. A lock that an
 * interrupt handler also takes must be taken with the _irqsave form.
 *
 *	u64 flags = spin_lock_irqsave(&lock);
 *	spin_unlock_irqrestore(&lock, flags);
 *
 * A thread must not sleep with a spinlock held; schedule() panics if it does.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <kernel/types.h>

struct spinlock {
	u32 locked;
	s32 cpu;		/* holder, -1 when free: catches self-deadlock */
	const char *name;
};

#define SPINLOCK(n) { .locked = 0, .cpu = -1, .name = (n) }

void spin_init(struct spinlock *lock, const char *name);
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
bool spin_holding(struct spinlock *lock);
u64 spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, u64 flags);

#endif
