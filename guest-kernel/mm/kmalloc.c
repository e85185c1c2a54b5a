/*
 * kmalloc: caches of powers of two, and whole pages above them. kfree tells
 * them apart by the page's owner.
 */
#include <kernel/init.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>

enum { SMALLEST_SHIFT = 4, LARGEST_SHIFT = 11 };

static struct kmem_cache *caches[LARGEST_SHIFT - SMALLEST_SHIFT + 1];

void kmalloc_init(void)
{
	for (int shift = SMALLEST_SHIFT; shift <= LARGEST_SHIFT; shift++) {
		char name[32];
		snprintf(name, sizeof(name), "size-%u", 1u << shift);
		caches[shift - SMALLEST_SHIFT] = kmem_cache_create(name, 1UL << shift, NULL);
		if (!caches[shift - SMALLEST_SHIFT])
			panic("kmalloc: no memory for %s", name);
	}
}

void *kmalloc(u64 size)
{
	for (int shift = SMALLEST_SHIFT; shift <= LARGEST_SHIFT; shift++)
		if (size <= 1UL << shift)
			return kmem_cache_alloc(caches[shift - SMALLEST_SHIFT]);
	if (size > page_total << PAGE_SHIFT)
		return NULL;
	return pages_alloc(ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT);
}

void kfree(void *p)
{
	if (!p)
		return;
	struct kmem_cache *c = slab_owner_cache(p);
	if (c)
		kmem_cache_free(c, p);
	else
		pages_free(p);
}
