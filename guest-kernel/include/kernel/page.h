/*
 * Physical pages. First fit over a bitmap, so that what is free decides the
 * allocator's state, not the order in which it became free; freed pages are
 * zeroed. Allocated pages are always zero-filled.
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <kernel/types.h>
#include <kernel/layout.h>

struct page {
	u32 refs;	/* mappings of a user page; entries used of a page table */
	u32 count;	/* pages in the allocation, in its first page */
	void *owner;	/* struct slab of a slab page, else NULL */
};

extern struct page *page_array;
extern u64 page_total;		/* page frames, from physical 0 */
extern u64 page_free_count;

static inline void *phys_to_virt(u64 phys)
{
	return (void *)(phys + DIRECT_MAP_BASE);
}

/* Only for direct-map addresses. */
static inline u64 virt_to_phys(const void *virt)
{
	return (u64)virt - DIRECT_MAP_BASE;
}

static inline struct page *phys_to_page(u64 phys)
{
	return &page_array[phys >> PAGE_SHIFT];
}

/* n contiguous zeroed pages by their direct-map address; NULL if none. */
void *pages_alloc(u64 n);
/* Gives back what pages_alloc returned (all n pages), zeroing it. */
void pages_free(void *pages);
static inline void *page_alloc(void) { return pages_alloc(1); }
static inline void page_free(void *page) { pages_free(page); }

/* Reference counts, for pages shared copy-on-write. page_alloc gives 1. */
void page_get(u64 phys);
void page_put(u64 phys);	/* frees at 0 */

#endif
