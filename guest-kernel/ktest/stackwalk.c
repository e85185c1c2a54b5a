/*
 * Tests of the stack walker. The strongest one single-steps through kernel
 * code (TF) and walks the stack before every single instruction.
 */
#include <kernel/ktest.h>
#include <kernel/module.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>
#include <uapi/errno.h>

static u64 steps, broken_walks, incomplete_walks, wrong_slots;
static u64 broken_at;
static const char *broken_why;

static bool in_function(u64 rip, void *function)
{
	struct ksym s;
	return kallsyms_lookup(rip, &s) && s.address == (u64)function;
}

static noinline u64 deep(u64 n)
{
	char from[40], to[40];
	if (n == 0) {
		void *p = kmalloc(100), *q = vmalloc(100);
		memset(from, 7, sizeof(from));
		memcpy(to, from, sizeof(to));
		memmove(to + 1, to, 20);
		kfree(p);
		vfree(q);
		return to[3] + time_ns() % 2 + strlen("leaf");
	}
	return deep(n - 1) + n;
}

static noinline u64 stepped(void)
{
	return deep(3);
}

static void walk_step(struct trap_frame *tf)
{
	struct stack_walk w;
	u32 deeps = 0;
	bool complete = false;
	u64 slot = 0;
	steps++;
	stack_walk_frame(&w, tf);
	while (stack_walk_next(&w)) {
		wrong_slots += *(u64 *)w.slot != w.rip;
		wrong_slots += w.kind == FRAME_RETURN && w.slot != slot;
		slot = w.return_slot;
		wrong_slots += slot && *(u64 *)slot != w.return_address;
		deeps += in_function(w.rip, deep);
		complete |= in_function(w.rip - 1, stepped) || in_function(w.rip, stepped);
	}
	if (w.broken) {
		broken_walks++;
		broken_at = tf->rip;
		broken_why = w.broken;
	}
	/* Before stepped is entered and behind its ret there is none of it. */
	incomplete_walks += deeps && !complete;
}

static noinline u64 run_stepped(void)
{
	asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
	u64 result = stepped();
	asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
	return result;
}

KTEST(StackIsWalkedFromEveryInstruction)
{
	steps = broken_walks = incomplete_walks = wrong_slots = 0;
	trap_set_debug_hook(walk_step);
	u64 result = run_stepped();
	trap_set_debug_hook(NULL);
	KT_EXPECT(result >= 6);
	KT_EXPECT(steps > 200);
	KT_EXPECT(broken_walks == 0);
	KT_EXPECT(incomplete_walks == 0);
	KT_EXPECT(wrong_slots == 0);
	if (broken_walks) {
		char where[128];
		kallsyms_format(broken_at, where, sizeof(where));
		pr_err("  walk broke at %s: %s\n", where, broken_why);
	}
}

static WAIT_QUEUE(never, "ktest never");

static noinline void sleeps_here(void)
{
	wait_event(&never, kthread_should_stop());
}

static void sleeper(void *arg)
{
	sleeps_here();
}

static volatile bool spinning;

static noinline void spins_here(void)
{
	while (!kthread_should_stop())
		spinning = true;
}

static void spinner(void *arg)
{
	spins_here();
}

/* Walks t, which does not run: how often it is in function, in which kind of frame. */
static u32 find_frames(struct thread *t, void *function, enum frame_kind *kind, bool *complete)
{
	struct stack_walk w;
	u32 n = 0;
	preempt_disable();
	stack_walk_thread(&w, t);
	while (stack_walk_next(&w)) {
		u64 rip = w.kind == FRAME_RETURN ? w.rip - 1 : w.rip;
		if (!in_function(rip, function))
			continue;
		*kind = w.kind;
		n++;
	}
	*complete = !w.broken;
	preempt_enable();
	return n;
}

KTEST(SleepingThreadIsWalkedToItsStart)
{
	enum frame_kind kind = 0;
	bool complete;
	struct thread *t = kthread_create("sleeper", sleeper, NULL);
	KT_REQUIRE(t);
	while (t->state != THREAD_SLEEPING || READ_ONCE(t->on_cpu))
		thread_yield();
	KT_EXPECT(find_frames(t, sleeps_here, &kind, &complete) == 1);
	KT_EXPECT(kind == FRAME_RETURN && complete);
	KT_EXPECT(find_frames(t, spins_here, &kind, &complete) == 0);
	KT_EXPECT(find_frames(t, schedule, &kind, &complete) == 1);
	kthread_stop(t);
}

static u64 true_address;
static u8 stub_area[16];

static u64 resolve(u64 stub)
{
	return stub == (u64)stub_area + 3 ? true_address : 0;
}

/* The slot through which the frame of t in which function stands returns; 0: there is none. */
static u64 return_slot_of(struct thread *t, void *function)
{
	struct stack_walk w;
	u64 slot = 0;
	preempt_disable();
	stack_walk_thread(&w, t);
	while (stack_walk_next(&w))
		if (in_function(w.rip - 1, function))
			slot = w.return_slot;
	preempt_enable();
	return slot;
}

/* How many frames of t differ from those in `rips`; their number must be the same. */
static u32 frames_that_differ(struct thread *t, const u64 *rips, u32 n)
{
	struct stack_walk w;
	u32 at = 0, different = 0;
	preempt_disable();
	stack_walk_thread(&w, t);
	while (stack_walk_next(&w)) {
		different += at >= n || w.rip != rips[at];
		at++;
	}
	preempt_enable();
	return different + (at != n) + (w.broken != NULL);
}

KTEST(StubOnAStackIsWalkedAsTheAddressThatItStandsFor)
{
	static const struct return_stubs stubs = { (u64)stub_area, sizeof(stub_area), resolve };
	enum frame_kind kind = 0;
	bool complete;
	u64 rips[16];
	u32 n = 0;
	struct stack_walk w;
	struct thread *t = kthread_create("sleeper", sleeper, NULL);
	KT_REQUIRE(t);
	while (t->state != THREAD_SLEEPING || READ_ONCE(t->on_cpu))
		thread_yield();
	u64 *slot = (u64 *)return_slot_of(t, sleeps_here);
	KT_REQUIRE(slot && in_function(*slot, sleeper));
	stack_walk_thread(&w, t);
	while (stack_walk_next(&w) && n < ARRAY_SIZE(rips))
		rips[n++] = w.rip;
	KT_EXPECT(w.return_slot == 0 && w.return_address == 0);
	true_address = *slot;

	KT_REQUIRE(return_stubs_set(&stubs) == 0);
	KT_EXPECT(return_stubs_set(&stubs) == -EBUSY);
	KT_EXPECT(return_address_of((u64)stub_area + 3) == true_address);
	KT_EXPECT(return_address_of((u64)stub_area + 4) == 0);
	KT_EXPECT(return_address_of(true_address) == true_address);
	*slot = (u64)stub_area + 3;
	KT_EXPECT(frames_that_differ(t, rips, n) == 0);
	KT_EXPECT(find_frames(t, sleeper, &kind, &complete) == 1 && complete);
	*slot = (u64)stub_area + 4;		/* nobody's */
	KT_EXPECT(find_frames(t, sleeper, &kind, &complete) == 0 && !complete);
	*slot = true_address;
	KT_EXPECT(return_stubs_set(NULL) == 0);
	KT_EXPECT(return_address_of((u64)stub_area + 3) == (u64)stub_area + 3);
	kthread_stop(t);
}

KTEST(PreemptedThreadIsFoundByItsInterruptFrame)
{
	enum frame_kind kind = 0;
	bool complete;
	spinning = false;
	struct thread *t = ktest_thread_on(ktest_stay(), spinner, NULL);
	KT_REQUIRE(t);
	while (!spinning)
		thread_yield();
	u32 found = find_frames(t, spins_here, &kind, &complete);
	KT_EXPECT(complete);
	KT_EXPECT(found == 1);
	KT_EXPECT(kind == FRAME_INTERRUPT || kind == FRAME_RETURN);
	kthread_stop(t);
}

KTEST(StackThatMakesNoSenseIsReportedNotGuessed)
{
	struct stack_walk w;
	struct thread fake = { .stack_size = KERNEL_STACK_SIZE };
	u64 *stack = vmalloc(KERNEL_STACK_SIZE);
	KT_REQUIRE(stack);
	fake.stack_base = (u64)stack;
	/* A switch frame whose rbp leads out of the stack. */
	struct switch_frame *sf = (struct switch_frame *)(stack + 100);
	sf->rip = (u64)sleeps_here;
	sf->rbp = 0x1234567890;
	fake.saved_rsp = (u64)sf;
	stack_walk_thread(&w, &fake);
	KT_EXPECT(stack_walk_next(&w) && w.kind == FRAME_SWITCHED);
	KT_EXPECT(!stack_walk_next(&w));
	KT_EXPECT(w.broken != NULL);
	/* A saved rsp outside of the stack. */
	fake.saved_rsp = 0x1000;
	stack_walk_thread(&w, &fake);
	KT_EXPECT(!stack_walk_next(&w) && w.broken);
	/* A chain that runs in a circle. */
	sf->rbp = (u64)(stack + 200);
	stack[200] = (u64)(stack + 200);
	fake.saved_rsp = (u64)sf;
	u32 frames = 0;
	stack_walk_thread(&w, &fake);
	while (stack_walk_next(&w))
		if (++frames == 10)
			break;
	KT_EXPECT(frames < 10);
	KT_EXPECT(w.broken != NULL);
	vfree(stack);
}
