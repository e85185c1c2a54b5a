/*
 * Spinlocks over preemption control. Taking a lock that this CPU already
 * holds would hang the machine, so it panics instead.
 */
#include <kernel/ipi.h>
#include <kernel/spinlock.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/trap.h>

void spin_init(struct spinlock *lock, const char *name)
{
	lock->locked = 0;
	lock->cpu = -1;
	lock->name = name;
}

bool spin_holding(struct spinlock *lock)
{
	return READ_ONCE(lock->locked) && lock->cpu == (s32)this_cpu()->id;
}

void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	if (unlikely(spin_holding(lock)))
		panic("spinlock %s: taken twice", lock->name);
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(lock->locked))
			ipi_poll();
	lock->cpu = this_cpu()->id;
}

void spin_unlock(struct spinlock *lock)
{
	if (unlikely(!spin_holding(lock)))
		panic("spinlock %s: released by who does not hold it", lock->name);
	lock->cpu = -1;
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	preempt_enable();
}

u64 spin_lock_irqsave(struct spinlock *lock)
{
	u64 flags = irq_save();
	spin_lock(lock);
	return flags;
}

void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	lock->cpu = -1;
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);	/* the last touch: the lock may be gone from here on */
	irq_restore(flags);
	preempt_enable();
}
