/*
 * Tests of update points: a thread leaves its main function and begins another in its place, over and over, on the same stack.
 */
#include <kernel/ktest.h>
#include <kernel/module.h>
#include <kernel/percpu.h>
#include <kernel/stackwalk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trap.h>

#define ROUNDS 1000

struct shared {
	u64 rounds[2];
	u64 frames[2];		/* of each function, when it last began; must not move */
	u64 wrong;
};

static void first(void *arg);
static void second(void *arg);

static noinline void begin(struct shared *s, u32 which, u64 frame)
{
	if (s->frames[which] && s->frames[which] != frame)
		s->wrong++;
	s->frames[which] = frame;
	s->rounds[which]++;
	/* As an update would: from now on the other one is in force. */
	current->function = which ? first : second;
}

static void first(void *arg)
{
	begin(arg, 0, (u64)__builtin_frame_address(0));
	for (;;)
		kthread_update_point();
}

static void second(void *arg)
{
	struct shared *s = arg;
	begin(s, 1, (u64)__builtin_frame_address(0));
	if (s->rounds[1] == ROUNDS || kthread_should_stop())
		return;
	for (;;)
		kthread_update_point();
}

KTEST(UpdatePointBeginsTheVersionThatIsInForceOnTheSameStack)
{
	static struct shared s;
	memset(&s, 0, sizeof(s));
	struct thread *t = kthread_create("restarted", first, &s);
	KT_REQUIRE(t);
	while (READ_ONCE(s.rounds[1]) < ROUNDS)
		thread_yield();
	KT_EXPECT(s.rounds[0] == ROUNDS && s.rounds[1] == ROUNDS);
	KT_EXPECT(s.frames[0] && s.frames[0] == s.frames[1] && s.wrong == 0);
}

static void stays(void *arg)
{
	u64 *rounds = arg;
	while (!kthread_should_stop()) {
		kthread_update_point();
		(*rounds)++;
		thread_yield();
	}
}

KTEST(UpdatePointGoesOnWhenNothingWasReplaced)
{
	static u64 rounds;
	rounds = 0;
	struct thread *t = kthread_create("not restarted", stays, &rounds);
	KT_REQUIRE(t);
	while (READ_ONCE(rounds) < 100)
		thread_yield();
	kthread_stop(t);
}

static u64 steps, broken_walks, unfinished;

static void walk_step(struct trap_frame *tf)
{
	extern char entry_text_start[], entry_text_end[];
	struct stack_walk w;
	bool ended = false;
	struct ksym s;
	if (tf->rip >= (u64)entry_text_start && tf->rip < (u64)entry_text_end)
		return;		/* interrupts are off there, so no walk begins from inside it */
	steps++;
	stack_walk_frame(&w, tf);
	while (stack_walk_next(&w))
		ended |= kallsyms_lookup(w.rip, &s) && !strcmp(s.name, "thread_entry");
	broken_walks += w.broken != NULL;
	unfinished += !ended;
}

static bool over;

static void stepped_to(void *arg)
{
	asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
	WRITE_ONCE(over, true);
	thread_yield();
}

static void stepped_from(void *arg)
{
	current->function = stepped_to;
	asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
	kthread_update_point();
}

KTEST(StackIsWalkedFromEveryInstructionOfARestart)
{
	steps = broken_walks = unfinished = 0;
	over = false;
	trap_set_debug_hook(walk_step);
	KT_REQUIRE(kthread_create("stepped", stepped_from, NULL));
	while (!READ_ONCE(over))
		thread_yield();
	trap_set_debug_hook(NULL);
	KT_EXPECT(steps > 50);
	KT_EXPECT(broken_walks == 0 && unfinished == 0);
}
