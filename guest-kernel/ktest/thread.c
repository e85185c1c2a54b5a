/*
 * Tests of threads, preemption, wait queues, mutexes and timers.
 */
#include <kernel/ktest.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/wait.h>

#define MS 1000000UL

static volatile u64 counter;

static void spin(void *arg)
{
	while (!kthread_should_stop())
		counter++;
}

KTEST(ThreadThatNeverYieldsIsPreempted)
{
	counter = 0;
	u32 cpu = ktest_stay();
	struct thread *a = ktest_thread_on(cpu, spin, NULL);
	struct thread *b = ktest_thread_on(cpu, spin, NULL);
	KT_REQUIRE(a && b);
	/* Bounded in ticks that came, not in time: a busy host may hold them back. */
	u64 end = ticks + TICK_HZ;
	while (ticks < end && (a->switches < 2 || b->switches < 2))
		thread_yield();
	KT_EXPECT(counter > 0);
	KT_EXPECT(a->switches > 1 && b->switches > 1);
	kthread_stop(a);
	kthread_stop(b);
}

KTEST(PreemptionWaitsWhileItIsDisabled)
{
	counter = 0;
	struct thread *t = ktest_thread_on(ktest_stay(), spin, NULL);
	KT_REQUIRE(t);
	preempt_disable();
	u64 seen = counter, end = ticks + 8;
	while (ticks < end)
		;
	KT_EXPECT(counter == seen);
	preempt_enable();
	while (counter == seen)
		thread_yield();
	kthread_stop(t);
}

static WAIT_QUEUE(queue, "ktest queue");
static bool flag;
static u32 woken;

static void sleeper(void *arg)
{
	wait_event(&queue, READ_ONCE(flag));
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	wait_event(&queue, kthread_should_stop());
}

static u32 count_sleepers(void)
{
	struct thread *t;
	u32 n = 0;
	u64 flags = spin_lock_irqsave(&queue.lock);
	list_for_each(t, &queue.sleepers, wait_link)
		n += t->waiting_on == &queue && t->state == THREAD_SLEEPING;
	spin_unlock_irqrestore(&queue.lock, flags);
	return n;
}

KTEST(SleepersAreListedAndWakeOnlyForTheirCondition)
{
	struct thread *t[3];
	flag = false;
	woken = 0;
	for (u32 i = 0; i < 3; i++)
		KT_REQUIRE((t[i] = kthread_create("sleeper", sleeper, NULL)));
	while (count_sleepers() < 3)
		thread_yield();
	wake_up(&queue);		/* for nothing: the condition does not hold */
	while (count_sleepers() < 3)
		thread_yield();
	KT_EXPECT(woken == 0);
	WRITE_ONCE(flag, true);
	wake_up(&queue);
	while (READ_ONCE(woken) < 3)
		thread_yield();
	for (u32 i = 0; i < 3; i++)
		kthread_stop(t[i]);
	KT_EXPECT(count_sleepers() == 0);
}

static WAIT_QUEUE(fault_queue, "ktest fault");

static void fault_in_condition(void *arg)
{
	wait_event(&fault_queue, *(volatile int *)arg);
}

KTEST(ThreadThatFaultsInAConditionLeavesTheQueue)
{
	struct thread *t = thread_create("faulty", fault_in_condition, (void *)16);
	KT_REQUIRE(t);
	int tid = t->tid;
	ktest_expect_oops();
	sched_start(t);
	KT_EXPECT(thread_join_timeout(tid, 1000 * MS));
	KT_EXPECT(list_empty(&fault_queue.sleepers));
	wake_up(&fault_queue);
}

static void sleep_long(void *arg)
{
	sleep_ns(50 * MS);
}

KTEST(JoinGivesUpWhenItsTimeIsOver)
{
	struct thread *t = thread_create("slow", sleep_long, NULL);
	KT_REQUIRE(t);
	int tid = t->tid;
	sched_start(t);
	KT_EXPECT(!thread_join_timeout(tid, MS));
	KT_EXPECT(thread_join_timeout(tid, 1000 * MS));
	KT_EXPECT(!thread_exists(tid));
}

KTEST(WaitTimesOutOrIsFulfilled)
{
	u64 start = time_ns();
	flag = false;
	KT_EXPECT(!wait_event_timeout(&queue, READ_ONCE(flag), 20 * MS));
	KT_EXPECT(time_ns() - start >= 20 * MS);
	flag = true;
	KT_EXPECT(wait_event_timeout(&queue, READ_ONCE(flag), 20 * MS));
}

static MUTEX(mutex, "ktest mutex");
static volatile u64 guarded;

static void locker(void *arg)
{
	for (u32 i = 0; i < 300; i++) {
		mutex_lock(&mutex);
		u64 seen = guarded;
		thread_yield();		/* invites the others in */
		guarded = seen + 1;
		mutex_unlock(&mutex);
	}
	wait_event(&queue, kthread_should_stop());
}

KTEST(MutexKeepsOthersOut)
{
	struct thread *t[4];
	guarded = 0;
	for (u32 i = 0; i < 4; i++)
		KT_REQUIRE((t[i] = kthread_create("locker", locker, NULL)));
	while (guarded < 4 * 300)
		sleep_ns(4 * MS);
	for (u32 i = 0; i < 4; i++)
		kthread_stop(t[i]);
	KT_EXPECT(guarded == 4 * 300);
	KT_EXPECT(mutex_trylock(&mutex));
	KT_EXPECT(!mutex_trylock(&mutex));
	mutex_unlock(&mutex);
}

static u64 fired_at[3];
static u32 fired;

static void fire(void *arg)
{
	fired_at[(u64)arg] = time_ns();
	fired++;
}

KTEST(TimersFireInOrderAndNotBeforeTheirTime)
{
	struct timer t[3];
	u64 now = time_ns();
	fired = 0;
	for (u64 i = 0; i < 3; i++)
		timer_init(&t[i], fire, (void *)i);
	timer_arm(&t[1], now + 20 * MS);
	timer_arm(&t[0], now + 10 * MS);
	timer_arm(&t[2], now + 15 * MS);
	KT_EXPECT(timer_cancel(&t[2]));
	KT_EXPECT(!timer_cancel(&t[2]));
	sleep_ns(40 * MS);
	KT_EXPECT(fired == 2);
	KT_EXPECT(fired_at[0] >= now + 10 * MS && fired_at[1] >= now + 20 * MS);
	KT_EXPECT(fired_at[0] < fired_at[1]);
}

KTEST(EveryThreadIsInTheListUntilItIsGone)
{
	struct thread *t, *mine = kthread_create("listed", spin, NULL);
	KT_REQUIRE(mine);
	int tid = mine->tid, before = 0, after = 0;
	u64 flags = spin_lock_irqsave(&thread_list_lock);
	for_each_thread(t)
		before += t->tid == tid;
	spin_unlock_irqrestore(&thread_list_lock, flags);
	kthread_stop(mine);
	flags = spin_lock_irqsave(&thread_list_lock);
	for_each_thread(t)
		after += t->tid == tid;
	spin_unlock_irqrestore(&thread_list_lock, flags);
	KT_EXPECT(before == 1 && after == 0);
}
