/*
 * Tests of the slab allocator.
 */
#include <kernel/ktest.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <uapi/errno.h>

struct sample {
	u64 a, b, c;
};

static void construct(void *object)
{
	((struct sample *)object)->b = 42;
}

static bool count_one(void *object, void *arg)
{
	(*(u32 *)arg)++;
	return true;
}

KTEST(SlabEnumeratesExactlyTheLiveObjects)
{
	static struct sample *objects[300];
	struct kmem_cache *c = kmem_cache_create("ktest-sample", sizeof(struct sample), construct);
	u32 live = 0;
	KT_REQUIRE(c);
	for (u32 i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = kmem_cache_alloc(c);
		KT_REQUIRE(objects[i]);
		KT_EXPECT(objects[i]->a == 0 && objects[i]->b == 42);
	}
	for (u32 i = 0; i < ARRAY_SIZE(objects); i += 2)
		kmem_cache_free(c, objects[i]);
	kmem_cache_for_each(c, count_one, &live);
	KT_EXPECT(live == ARRAY_SIZE(objects) / 2 && c->live == live);
	KT_EXPECT(kmem_cache_destroy(c) == -EBUSY);
	for (u32 i = 1; i < ARRAY_SIZE(objects); i += 2)
		kmem_cache_free(c, objects[i]);
	KT_EXPECT(kmem_cache_find("ktest-sample") == c);
	KT_EXPECT(kmem_cache_destroy(c) == 0);
	KT_EXPECT(kmem_cache_find("ktest-sample") == NULL);
}

KTEST(FreedSlabObjectsAreZeroAndTheLowestIsTakenFirst)
{
	u8 *keep = kmalloc(100), *first = kmalloc(100);
	KT_REQUIRE(keep && first);
	memset(first, 0xa5, 100);
	kfree(first);
	u8 *again = kmalloc(100);
	KT_EXPECT(again == first);
	for (u32 i = 0; i < 100; i++)
		KT_EXPECT(again[i] == 0);
	kfree(again);
	kfree(keep);
}

KTEST(SlabsGiveTheirPagesBack)
{
	static void *blocks[64];
	u64 before = page_free_count;
	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++)
		blocks[i] = kmalloc(1500);
	KT_EXPECT(page_free_count < before);
	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++)
		kfree(blocks[i]);
	KT_EXPECT(page_free_count == before);
}

static u64 link_sum(struct kmem_cache *c)
{
	u64 sum = 0, position = 1;
	for (struct list_head *l = c->partial.next; l != &c->partial; l = l->next)
		sum += (u64)l * position++;
	for (struct list_head *l = c->full.next; l != &c->full; l = l->next)
		sum += (u64)l * position++;
	return sum;
}

KTEST(SlabListsDoNotRememberTheOrderOfFreeing)
{
	static void *kept[400], *passing[400];
	struct kmem_cache *c = kmem_cache_create("ktest-order", 200, NULL);
	u32 n = ARRAY_SIZE(kept);
	KT_REQUIRE(c);
	for (u32 i = 0; i < n; i++)
		KT_REQUIRE((kept[i] = kmem_cache_alloc(c)));
	for (u32 i = 0; i < n; i += 3) {	/* leaves holes in every slab */
		kmem_cache_free(c, kept[i]);
		kept[i] = NULL;
	}
	u64 before = link_sum(c);
	for (u32 i = 0; i < n; i++)
		KT_REQUIRE((passing[i] = kmem_cache_alloc(c)));
	KT_EXPECT(link_sum(c) != before);
	for (u32 i = 0; i < n; i++)		/* 7 and 400 have no common divisor */
		kmem_cache_free(c, passing[i * 7 % n]);
	KT_EXPECT(link_sum(c) == before);
	for (u32 i = 0; i < n; i++)
		if (kept[i])
			kmem_cache_free(c, kept[i]);
	KT_EXPECT(kmem_cache_destroy(c) == 0);
}
