/*
 * Tick, clock and timers. Timers are a list sorted by deadline, run from the
 * timer interrupt with timer_lock dropped around each function.
 */
#include <kernel/arch.h>
#include <kernel/fs.h>
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/lapic.h>
#include <kernel/lucos.h>
#include <kernel/percpu.h>
#include <kernel/pit.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/wait.h>

#define LUCOS_TSC_HZ 1000000000UL

volatile u64 ticks;
struct cpu_load cpu_load;

static u64 tsc_start, tsc_hz = LUCOS_TSC_HZ;
static struct spinlock timer_lock = SPINLOCK("timers");	/* irqsave; leaf */
static LIST(timers);
static struct timer *timer_running;	/* its function is being called, on CPU 0; under timer_lock */
static WAIT_QUEUE(sleepers, "sleep");

u64 time_ns(void)
{
	u64 cycles = rdtsc() - tsc_start;
	if (tsc_hz == LUCOS_TSC_HZ)
		return cycles;
	return cycles / tsc_hz * 1000000000UL + cycles % tsc_hz * 1000000000UL / tsc_hz;
}

void timer_init(struct timer *t, void (*function)(void *), void *arg)
{
	list_init(&t->link);
	t->deadline_ns = 0;
	t->function = function;
	t->arg = arg;
	t->armed = false;
}

void timer_arm(struct timer *t, u64 deadline_ns)
{
	u64 flags = spin_lock_irqsave(&timer_lock);
	list_del(&t->link);
	t->deadline_ns = deadline_ns;
	t->armed = true;
	struct list_head *at = timers.prev;
	while (at != &timers && list_entry(at, struct timer, link)->deadline_ns > deadline_ns)
		at = at->prev;
	list_add(&t->link, at);
	spin_unlock_irqrestore(&timer_lock, flags);
}

bool timer_cancel(struct timer *t)
{
	u64 flags = spin_lock_irqsave(&timer_lock);
	/* On CPU 0 itself nothing runs between its interrupt's end and us, unless t's own function is who calls. */
	while (timer_running == t && this_cpu()->id != 0) {
		spin_unlock_irqrestore(&timer_lock, flags);
		cpu_relax();
		flags = spin_lock_irqsave(&timer_lock);
	}
	bool was = t->armed;
	list_del(&t->link);
	t->armed = false;
	spin_unlock_irqrestore(&timer_lock, flags);
	return was;
}

static void run_timers(void)
{
	u64 now = time_ns();
	u64 flags = spin_lock_irqsave(&timer_lock);
	while (!list_empty(&timers)) {
		struct timer *t = list_first(&timers, struct timer, link);
		if (t->deadline_ns > now)
			break;
		list_del(&t->link);
		t->armed = false;
		timer_running = t;
		void (*function)(void *) = t->function;
		void *arg = t->arg;
		spin_unlock_irqrestore(&timer_lock, flags);
		function(arg);
		flags = spin_lock_irqsave(&timer_lock);
		timer_running = NULL;
	}
	spin_unlock_irqrestore(&timer_lock, flags);
}

/* What the boot CPU did at each tick. */
static noinline void account_load(void)
{
	struct cpu *c = this_cpu();

	if (c->thread == c->idle)
		cpu_load.idle++;
	else
		cpu_load.busy++;
}

static s64 load_read(struct file *f, void *user_buf, u64 size)
{
	char text[64];
	u32 busy = READ_ONCE(cpu_load.busy), idle = READ_ONCE(cpu_load.idle);
	int length = snprintf(text, sizeof(text), "busy=%u idle=%u\n", busy, idle);

	return device_read_text(f, user_buf, size, text, (u64)length);
}

static const struct file_operations load_operations = { .read = load_read };

void load_init(void)
{
	register_device("load", 0444, &load_operations);
}

/* Of the boot CPU alone: there is one clock. */
static noinline void tick(struct trap_frame *tf, void *arg)
{
	ticks++;
	account_load();
	run_timers();
	sched_tick();
}

void time_tick(struct trap_frame *tf)
{
	if (this_cpu()->id == 0)
		tick(tf, NULL);
	else
		sched_tick();
}

void time_use_lapic(void)
{
	irq_unregister(IRQ_TIMER);
	pit_stop_tick();
	lapic_timer_start();
}

int sleep_ns(u64 ns)
{
	u64 now = time_ns();
	u64 deadline = ns > ~0UL - now ? ~0UL : now + ns;
	int result = 0;
	for (;;) {
		wait_prepare(&sleepers);
		if (time_ns() >= deadline)
			break;
		if (wait_signal_pending()) {
			result = -EINTR;
			break;
		}
		wait_schedule_until(deadline);
	}
	wait_finish(&sleepers);
	return result;
}

void time_init(void)
{
	if (!lucos_present())
		tsc_hz = pit_measure_tsc_hz();
	tsc_start = rdtsc();
	irq_register(IRQ_TIMER, tick, NULL);
	pit_start_tick();
}
