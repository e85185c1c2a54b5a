/*
 * Runs the tests that KTEST put into the table between ktests_start and
 * ktests_end. Each runs in a thread of its own, so that one which oopses fails
 * by itself and the others go on.
 */
#include <kernel/cmdline.h>
#include <kernel/ktest.h>
#include <kernel/oops.h>
#include <kernel/percpu.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>

#define TEST_NS 60000000000UL

extern const struct ktest ktests_start[], ktests_end[];

static u32 failures;	/* of the running test; only its threads write it */
static bool done;
static u32 expected_oopses;

void ktest_fail(const char *file, int line, const char *what)
{
	failures++;
	pr_err("  %s:%d: not so: %s\n", file, line, what);
}

void ktest_expect_oops(void)
{
	expected_oopses++;
}

struct thread *ktest_thread_on(u32 cpu, void (*function)(void *), void *arg)
{
	struct thread *t = thread_create("ktest-cpu", function, arg);
	if (t) {
		t->allowed_cpus = 1u << cpu;
		sched_start(t);
	}
	return t;
}

u32 ktest_stay(void)
{
	preempt_disable();
	u32 cpu = this_cpu()->id;
	preempt_enable();
	thread_set_cpus(current, 1u << cpu);
	return cpu;
}

static void test_thread(void *arg)
{
	const struct ktest *t = arg;
	t->run();
	WRITE_ONCE(done, true);
}

/* Whether the test passed. A test that ends by an oops never says `done`. */
static bool run(const struct ktest *t)
{
	u64 oopses = oops_count;
	failures = expected_oopses = 0;
	done = false;
	struct thread *thread = thread_create("ktest", test_thread, (void *)t);
	if (!thread)
		return false;
	int tid = thread->tid;
	sched_start(thread);
	/* Gone, stack and all: the next test may count pages. */
	thread_join_timeout(tid, TEST_NS);
	if (!done)
		pr_err("  %s: the test did not come to its end\n", t->name);
	return done && failures == 0 && oops_count == oopses + expected_oopses;
}

void ktest_run_all(void)
{
	char prefix[64] = "";
	u32 ran = 0, failed = 0;
	cmdline_get("ktest", prefix, sizeof(prefix));
	for (const struct ktest *t = ktests_start; t < ktests_end; t++) {
		if (strncmp(t->name, prefix, strlen(prefix)))
			continue;
		ran++;
		bool passed = run(t);
		failed += !passed;
		pr_err("ktest: %s %s\n", passed ? "ok  " : "FAIL", t->name);
	}
	pr_err("ktest: %u run, %u failed\n", ran, failed);
	power_off(ran == 0 || failed ? 1 : 0);
}
