/*
 * Runs the tests that KTEST put into the table between ktests_start and
 * ktests_end. Each runs in a thread of its own, so that one which oopses fails
 * by itself and the others go on.
 */
#include <kernel/cmdline.h>
#include <kernel/ktest.h>
#include <kernel/oops.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/wait.h>

extern const struct ktest ktests_start[], ktests_end[];

static u32 failures;	/* of the running test; only its threads write it */
static bool done;
static u32 expected_oopses;
static WAIT_QUEUE(finished, "ktest");

void ktest_fail(const char *file, int line, const char *what)
{
	failures++;
	pr_err("  %s:%d: not so: %s\n", file, line, what);
}

void ktest_expect_oops(void)
{
	expected_oopses++;
}

static void test_thread(void *arg)
{
	const struct ktest *t = arg;
	t->run();
	WRITE_ONCE(done, true);
	wake_up(&finished);
}

/* Whether the test passed. A test that ends by an oops never says `done`. */
static bool run(const struct ktest *t)
{
	u64 oopses = oops_count;
	failures = expected_oopses = 0;
	done = false;
	if (!kthread_create("ktest", test_thread, (void *)t))
		return false;
	wait_event_timeout(&finished, READ_ONCE(done), 20000000000UL);
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
