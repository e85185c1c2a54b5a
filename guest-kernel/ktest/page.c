/*
 * Tests of the page allocator and kmalloc.
 */
#include <kernel/ktest.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/vmm.h>

static bool all_zero(const void *p, u64 size)
{
	for (u64 i = 0; i < size / 8; i++)
		if (((const u64 *)p)[i])
			return false;
	return true;
}

KTEST(FreedPagesAreZero)
{
	char *p = pages_alloc(3);
	KT_REQUIRE(p);
	memset(p, 0xaa, 3 * PAGE_SIZE);
	pages_free(p);
	KT_EXPECT(all_zero(p, 3 * PAGE_SIZE));
}

KTEST(AllocatorStateDependsOnlyOnWhatIsInUse)
{
	void *pages[40];
	u64 free_before = page_free_count;
	void *first = page_alloc();
	page_free(first);
	for (u32 i = 0; i < ARRAY_SIZE(pages); i++)
		KT_REQUIRE((pages[i] = pages_alloc(1 + i % 3)));
	for (u32 i = 0; i < ARRAY_SIZE(pages); i += 2)	/* an order unlike that of allocation */
		pages_free(pages[i]);
	for (u32 i = ARRAY_SIZE(pages); i > 0; i -= 2)
		pages_free(pages[i - 1]);
	KT_EXPECT(page_free_count == free_before);
	void *again = page_alloc();
	KT_EXPECT(again == first);
	page_free(again);
}

KTEST(PagesOfOneAllocationAreContiguousAndNobodyElses)
{
	char *a = pages_alloc(5), *b = pages_alloc(5);
	KT_REQUIRE(a && b);
	KT_EXPECT(a + 5 * PAGE_SIZE <= b || b + 5 * PAGE_SIZE <= a);
	pages_free(a);
	pages_free(b);
}

KTEST(AskingForMorePagesThanThereAreFails)
{
	u64 before = page_free_count;
	KT_EXPECT(pages_alloc(page_total + 1) == NULL);
	KT_EXPECT(pages_alloc(page_free_count + 1) == NULL);
	KT_EXPECT(pages_alloc(0) == NULL);
	KT_EXPECT(vmalloc((page_free_count + 1) << PAGE_SHIFT) == NULL);
	KT_EXPECT(page_free_count == before);
}

KTEST(SharedPageIsFreedByItsLastOwner)
{
	u64 before = page_free_count;
	void *p = page_alloc();
	KT_REQUIRE(p);
	page_get(virt_to_phys(p));
	page_put(virt_to_phys(p));
	KT_EXPECT(page_free_count == before - 1);
	page_put(virt_to_phys(p));
	KT_EXPECT(page_free_count == before);
}

KTEST(KmallocServesSmallAndLargeSizes)
{
	static const u64 sizes[] = { 1, 16, 17, 100, 2048, 2049, 5000, 100000 };
	void *p[ARRAY_SIZE(sizes)];
	u64 before = page_free_count;
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		KT_REQUIRE((p[i] = kmalloc(sizes[i])));
		KT_EXPECT(all_zero(p[i], sizes[i]));
		memset(p[i], 0x55, sizes[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		kfree(p[i]);
	kfree(NULL);
	KT_EXPECT(page_free_count == before);
}
