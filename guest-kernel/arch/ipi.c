/*
 * Inter-processor interrupts.
 *
 * Requests that must be served by a CPU that has interrupts off and waits (to
 * flush translations, to serialize, to stop) are counters which it looks at
 * itself in its waiting loops (ipi_poll); all others need its interrupts on. See
 * TRICKS.md for why nobody waits in a circle.
 */
#include <kernel/arch.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/lapic.h>
#include <kernel/mutex.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/trap.h>

#define STOP_WAIT_NS 200000000UL

static struct cpu *stopper;	/* all but this one halt; NULL: nobody does */

static struct spinlock call_lock = SPINLOCK("calls");	/* interrupts on: one call at a time */
static void (*call_function)(void *arg);
static void *call_argument;
static u32 call_pending;	/* CPUs that have not called it yet */

static MUTEX(park_lock, "parked CPUs");
static u32 park_mask;		/* CPUs that are to stay parked */

static u32 bit(const struct cpu *c)
{
	return 1u << c->id;
}

/* Preemption is off. */
static u32 others(u32 mask)
{
	return cpus_online & mask & ~bit(this_cpu());
}

static void send(u32 mask, u8 vector)
{
	for_each_online_cpu(c)
		if (mask & bit(c))
			lapic_send(c->apic_id, vector);
}

static __noreturn void halt_for_good(struct cpu *c)
{
	WRITE_ONCE(c->stopped, true);
	for (;;)
		asm volatile("cli; hlt");
}

/* Interrupts are off, so that nobody serves the same request in between and `done` only grows. */
static void serve_requests(struct cpu *c)
{
	u64 flush = __atomic_load_n(&c->flush_wanted, __ATOMIC_SEQ_CST);
	if (flush != c->flush_done) {
		write_cr3(read_cr3());		/* no entry is global: this drops all */
		__atomic_store_n(&c->flush_done, flush, __ATOMIC_SEQ_CST);
	}
	u64 sync = __atomic_load_n(&c->sync_wanted, __ATOMIC_SEQ_CST);
	if (sync != c->sync_done) {
		sync_core();
		__atomic_store_n(&c->sync_done, sync, __ATOMIC_SEQ_CST);
	}
	struct cpu *last = READ_ONCE(stopper);
	if (unlikely(last && last != c))
		halt_for_good(c);
}

void ipi_poll(void)
{
	if (cpus_online != 1 && !irqs_enabled())
		serve_requests(this_cpu());
	cpu_relax();
}

void cpu_goes_idle(void)
{
	struct cpu *c = this_cpu();
	__atomic_store_n(&c->idling, true, __ATOMIC_SEQ_CST);
	serve_requests(c);	/* who did not see it set waits for this */
}

/* Who saw it set has counted its request before: so it is seen here. */
void cpu_woken(void)
{
	struct cpu *c = this_cpu();
	if (!c->idling)
		return;
	__atomic_store_n(&c->idling, false, __ATOMIC_SEQ_CST);
	serve_requests(c);
}

void ipi_reschedule(u32 cpu)
{
	lapic_send(cpus[cpu].apic_id, VEC_RESCHEDULE);
}

/*
 * Counts a request, whose members of struct cpu lie at `wanted` and `done`, for the CPUs of the mask, and waits until those that
 * don't idle have served it. One that idles by now has served what was counted before, or will.
 */
static void request(u32 mask, u64 wanted, u64 done)
{
	u64 tickets[MAX_CPUS];
	u32 awake = 0;
	for_each_online_cpu(c) {
		if (!(mask & bit(c)))
			continue;
		tickets[c->id] = __atomic_add_fetch((u64 *)((char *)c + wanted), 1, __ATOMIC_SEQ_CST);
		if (!__atomic_load_n(&c->idling, __ATOMIC_SEQ_CST))
			awake |= bit(c);
	}
	send(awake, VEC_REQUEST);
	for_each_online_cpu(c)
		while ((awake & bit(c)) && !__atomic_load_n(&c->idling, __ATOMIC_SEQ_CST)
		       && __atomic_load_n((u64 *)((char *)c + done), __ATOMIC_SEQ_CST) < tickets[c->id])
			ipi_poll();
}

void tlb_flush_others(u32 mask)
{
	preempt_disable();
	request(others(mask), offsetof(struct cpu, flush_wanted), offsetof(struct cpu, flush_done));
	preempt_enable();
}

void sync_core_all(void)
{
	preempt_disable();
	sync_core();
	request(others(~0u), offsetof(struct cpu, sync_wanted), offsetof(struct cpu, sync_done));
	preempt_enable();
}

static void receive_call(struct cpu *c)
{
	if (!(__atomic_load_n(&call_pending, __ATOMIC_ACQUIRE) & bit(c)))
		return;
	call_function(call_argument);
	__atomic_and_fetch(&call_pending, ~bit(c), __ATOMIC_RELEASE);
}

void cpus_call(u32 mask, void (*f)(void *arg), void *arg)
{
	BUG_ON(!irqs_enabled());
	spin_lock(&call_lock);
	u32 remote = others(mask);
	call_function = f;
	call_argument = arg;
	__atomic_store_n(&call_pending, remote, __ATOMIC_SEQ_CST);
	send(remote, VEC_CALL);
	if (mask & bit(this_cpu())) {
		irq_disable();
		f(arg);
		irq_enable();
	}
	while (__atomic_load_n(&call_pending, __ATOMIC_ACQUIRE))
		ipi_poll();
	spin_unlock(&call_lock);
}

/* Its frame is where a walk of this CPU's stack begins, so it must have one of its own. */
static noinline void stay_parked(struct cpu *c)
{
	if (!(__atomic_load_n(&park_mask, __ATOMIC_SEQ_CST) & bit(c)))
		return;
	__atomic_store_n(&c->parked_frame, (u64)__builtin_frame_address(0), __ATOMIC_SEQ_CST);
	/* One that waits for this CPU with interrupts off must get on, or it would never be parked. */
	while (__atomic_load_n(&park_mask, __ATOMIC_SEQ_CST) & bit(c))
		ipi_poll();
	sync_core();		/* code may have been changed */
	__atomic_store_n(&c->parked_frame, 0, __ATOMIC_SEQ_CST);
}

/* Waits until all of the mask are, or none of it is, parked. */
static void await_parked(u32 mask, bool parked)
{
	for_each_online_cpu(c)
		while ((mask & bit(c)) && !!__atomic_load_n(&c->parked_frame, __ATOMIC_SEQ_CST) != parked)
			ipi_poll();
}

void cpus_park(void)
{
	mutex_lock(&park_lock);
	preempt_disable();
	BUG_ON(!irqs_enabled());
	u32 mask = others(~0u);
	__atomic_store_n(&park_mask, mask, __ATOMIC_SEQ_CST);
	send(mask, VEC_PARK);
	await_parked(mask, true);
}

void cpus_release(void)
{
	u32 mask = park_mask;
	__atomic_store_n(&park_mask, 0, __ATOMIC_SEQ_CST);
	await_parked(mask, false);
	preempt_enable();
	mutex_unlock(&park_lock);
}

void ipi_receive(u64 vector)
{
	struct cpu *c = this_cpu();
	if (vector == VEC_CALL)
		receive_call(c);
	else if (vector == VEC_PARK)
		stay_parked(c);
	else if (vector != VEC_RESCHEDULE)	/* for that, coming back from the interrupt is all */
		serve_requests(c);
}

void cpus_stop(void)
{
	u64 flags = irq_save(), deadline = time_ns() + STOP_WAIT_NS;
	struct cpu *self = this_cpu(), *first = NULL;
	u32 mask = others(~0u);
	if (!__atomic_compare_exchange_n(&stopper, &first, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
	    && first != self)
		halt_for_good(self);
	send(mask, VEC_STOP);
	for_each_online_cpu(c)
		while ((mask & bit(c)) && !READ_ONCE(c->stopped) && time_ns() < deadline)
			cpu_relax();
	irq_restore(flags);
}
