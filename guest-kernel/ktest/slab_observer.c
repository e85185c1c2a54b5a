/*
 * Tests of observed slab caches and of companions.
 */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <uapi/errno.h>

#define OBJECTS 150
#define SIZE 100
#define MS 1000000UL
#define ROUNDS 40
#define SHIFTS 300		/* per CPU: at least */
#define HANDFUL 24

struct watch {
	struct kmem_observer observer;
	u64 born, died;
	u64 refuse_at;		/* which birth to refuse, from 1; 0: none */
	u64 wrong;		/* objects that were not as they must be */
};

static void construct(void *object)
{
	*(u64 *)object = 42;
}

/* An object's companion is its own address and one. */
static void *mark(void *object)
{
	return (char *)object + 1;
}

static bool born(struct kmem_observer *o, void *object)
{
	struct watch *w = container_of(o, struct watch, observer);
	u64 n = __atomic_add_fetch(&w->born, 1, __ATOMIC_SEQ_CST);
	if (*(u64 *)object != 42 || kmem_companion(object))
		__atomic_add_fetch(&w->wrong, 1, __ATOMIC_SEQ_CST);
	kmem_set_companion(object, mark(object));
	return n != w->refuse_at;
}

static void died(struct kmem_observer *o, void *object)
{
	struct watch *w = container_of(o, struct watch, observer);
	void *companion = kmem_companion(object);
	__atomic_add_fetch(&w->died, 1, __ATOMIC_SEQ_CST);
	/* One that was there before the observer has none. */
	if (*(u64 *)object != 42 || (companion && companion != mark(object)))
		__atomic_add_fetch(&w->wrong, 1, __ATOMIC_SEQ_CST);
}

static struct watch watch;
static void *objects[OBJECTS];

static struct kmem_cache *watched_cache(void)
{
	watch = (struct watch){ .observer = { .born = born, .died = died } };
	return kmem_cache_create("ktest-watched", SIZE, construct);
}

KTEST(ObserverHearsOfEveryObjectFromItsFirstToItsLast)
{
	struct kmem_cache *c = watched_cache();
	KT_REQUIRE(c);
	void *before = kmem_cache_alloc(c);
	KT_REQUIRE(before);
	KT_EXPECT(kmem_companion(before) == NULL);
	u64 free_before = page_free_count;
	KT_REQUIRE(kmem_observe(c, &watch.observer) == 0);
	KT_EXPECT(kmem_observe(c, &watch.observer) == -EBUSY);
	for (u32 i = 0; i < OBJECTS; i++) {
		KT_REQUIRE((objects[i] = kmem_cache_alloc(c)));
		KT_EXPECT(kmem_companion(objects[i]) == mark(objects[i]));
	}
	KT_EXPECT(kmem_companion(before) == NULL);
	KT_EXPECT(watch.born == OBJECTS && watch.died == 0);
	for (u32 i = 0; i < OBJECTS; i++)
		kmem_cache_free(c, objects[i]);
	KT_EXPECT(watch.died == OBJECTS && watch.wrong == 0);
	kmem_unobserve(c);
	KT_EXPECT(page_free_count == free_before);
	void *after = kmem_cache_alloc(c);
	KT_EXPECT(after && kmem_companion(after) == NULL && watch.born == OBJECTS);
	kmem_cache_free(c, after);
	kmem_cache_free(c, before);
	KT_EXPECT(kmem_cache_destroy(c) == 0);
}

KTEST(ObserverThatRefusesABirthMakesTheAllocationFail)
{
	struct kmem_cache *c = watched_cache();
	KT_REQUIRE(c);
	watch.refuse_at = 2;
	KT_REQUIRE(kmem_observe(c, &watch.observer) == 0);
	void *first = kmem_cache_alloc(c);
	KT_EXPECT(first != NULL);
	KT_EXPECT(kmem_cache_alloc(c) == NULL);
	KT_EXPECT(c->live == 1 && watch.died == 0);
	void *third = kmem_cache_alloc(c);
	KT_EXPECT(third && watch.wrong == 0);	/* the refused one has left no companion */
	KT_EXPECT(kmem_cache_destroy(c) == -EBUSY);
	kmem_cache_free(c, third);
	kmem_cache_free(c, first);
	KT_EXPECT(kmem_cache_destroy(c) == -EBUSY);	/* still observed */
	kmem_unobserve(c);
	KT_EXPECT(kmem_cache_destroy(c) == 0);
}

KTEST(WhatIsNoObjectHasNoCompanion)
{
	struct kmem_cache *c = watched_cache();
	u64 local = 0;
	KT_REQUIRE(c);
	KT_REQUIRE(kmem_observe(c, &watch.observer) == 0);
	char *object = kmem_cache_alloc(c);
	KT_REQUIRE(object);
	KT_EXPECT(kmem_companion(object) == mark(object));
	KT_EXPECT(kmem_companion(object + 1) == NULL);
	KT_EXPECT(kmem_companion((void *)((u64)object & ~(PAGE_SIZE - 1))) == NULL);
	KT_EXPECT(kmem_companion(NULL) == NULL);
	KT_EXPECT(kmem_companion(&local) == NULL);
	KT_EXPECT(kmem_companion(&watch) == NULL);
	KT_EXPECT(kmem_companion((void *)~7UL) == NULL);
	kmem_cache_free(c, object);
	KT_EXPECT(kmem_companion(object) == NULL);
	kmem_unobserve(c);
	KT_EXPECT(kmem_cache_destroy(c) == 0);
}

static struct kmem_cache *shared;
static u64 shifts, wrong;

/* Takes and gives handfuls; an object's companion, if it has one, is its own all the time. */
static void work(void *arg)
{
	while (!kthread_should_stop()) {
		void *hand[HANDFUL];
		for (u32 i = 0; i < HANDFUL; i++)
			hand[i] = kmem_cache_alloc(shared);
		for (u32 i = 0; i < HANDFUL; i++) {
			void *companion = kmem_companion(hand[i]);
			if (companion && companion != mark(hand[i]))
				__atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
			if (hand[i])
				kmem_cache_free(shared, hand[i]);
		}
		__atomic_add_fetch(&shifts, 1, __ATOMIC_SEQ_CST);
	}
}

/* With the other CPUs parked: what is there has been born, if not before the observer came, and is whole. */
static bool mark_one(void *object, void *arg)
{
	if (*(u64 *)object != 42)
		wrong++;
	kmem_set_companion(object, mark(object));
	return true;
}

KTEST(ObserverComesAndGoesWhileEveryCpuAllocates)
{
	struct thread *crew[MAX_CPUS] = { NULL };
	u64 free_before = page_free_count;
	shared = watched_cache();
	KT_REQUIRE(shared);
	shifts = wrong = 0;
	for_each_online_cpu(cpu)
		KT_EXPECT((crew[cpu->id] = ktest_thread_on(cpu->id, work, NULL)));
	for (u32 i = 0; i < ROUNDS || READ_ONCE(shifts) < SHIFTS * cpus_count(); i++) {
		watch.born = watch.died = 0;
		KT_REQUIRE(kmem_observe(shared, &watch.observer) == 0);
		cpus_park();
		kmem_cache_for_each(shared, mark_one, NULL);
		cpus_release();
		sleep_ns(MS);
		kmem_unobserve(shared);
		u64 heard = watch.born + watch.died;
		thread_yield();
		KT_EXPECT(watch.born + watch.died == heard);
	}
	for_each_online_cpu(cpu)
		kthread_stop(crew[cpu->id]);
	KT_EXPECT(wrong == 0 && watch.wrong == 0);
	KT_EXPECT(shared->live == 0);
	KT_EXPECT(kmem_cache_destroy(shared) == 0);
	KT_EXPECT(page_free_count == free_before);
}
