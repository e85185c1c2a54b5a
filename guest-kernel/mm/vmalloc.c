/*
 * Ranges of kernel addresses backed by single pages: vmalloc (kernel stacks,
 * large buffers) and the module area. Each range has an unmapped page before
 * and behind it. First fit, so the state depends on what is in use only.
 */
#include <kernel/list.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>
#include <kernel/init.h>
#include <kernel/vmm.h>

struct range {
	struct list_head link;		/* sorted by start */
	u64 start, size;		/* without the guard pages */
};

struct arena {
	struct spinlock lock;		/* irqsave; outside slab and page locks */
	u64 base, size;
	struct list_head ranges;
};

static struct arena vmalloc_arena = {
	SPINLOCK("vmalloc"), VMALLOC_BASE, VMALLOC_SIZE, LIST_HEAD_INIT(vmalloc_arena.ranges)
};
static struct arena module_arena = {
	SPINLOCK("module area"), MODULE_BASE, MODULE_SIZE, LIST_HEAD_INIT(module_arena.ranges)
};
static struct kmem_cache *range_cache;

void vmalloc_init(void)
{
	range_cache = kmem_cache_create("vmalloc_range", sizeof(struct range), NULL);
	if (!range_cache)
		panic("vmalloc: no memory");
}

/* Puts r into the first hole that has room for it and its guard pages. */
static bool place(struct arena *a, struct range *r)
{
	u64 start = a->base + PAGE_SIZE;
	struct range *next;
	list_for_each(next, &a->ranges, link) {
		if (next->start - PAGE_SIZE >= start + r->size)
			break;
		start = next->start + next->size + PAGE_SIZE;
	}
	if (start + r->size + PAGE_SIZE > a->base + a->size)
		return false;
	r->start = start;
	list_add_tail(&r->link, &next->link);	/* before next, or last */
	return true;
}

static void unback(u64 start, u64 size)
{
	kernel_revoke(start, size);
	for (u64 va = start + size; va > start; va -= PAGE_SIZE) {
		u64 phys = kernel_unmap(va - PAGE_SIZE);
		if (phys)
			page_free(phys_to_virt(phys));
	}
}

static bool back(u64 start, u64 size)
{
	for (u64 va = start; va < start + size; va += PAGE_SIZE) {
		void *page = page_alloc();
		if (!page || kernel_map(va, virt_to_phys(page), PROT_KERNEL_DATA)) {
			if (page)
				page_free(page);
			unback(start, va - start);
			return false;
		}
	}
	return true;
}

static void *arena_alloc(struct arena *a, u64 size)
{
	size = ALIGN_UP(size, PAGE_SIZE);
	if (size == 0 || size >= a->size || size > page_free_count << PAGE_SHIFT)
		return NULL;
	struct range *r = kmem_cache_alloc(range_cache);
	if (!r)
		return NULL;
	r->size = size;
	u64 flags = spin_lock_irqsave(&a->lock);
	bool placed = place(a, r);
	spin_unlock_irqrestore(&a->lock, flags);
	if (placed && back(r->start, size))
		return (void *)r->start;
	flags = spin_lock_irqsave(&a->lock);
	if (placed)
		list_del(&r->link);
	spin_unlock_irqrestore(&a->lock, flags);
	kmem_cache_free(range_cache, r);
	return NULL;
}

static void arena_free(struct arena *a, void *p)
{
	struct range *r;
	if (!p)
		return;
	u64 flags = spin_lock_irqsave(&a->lock);
	list_for_each(r, &a->ranges, link)
		if (r->start == (u64)p)
			break;
	spin_unlock_irqrestore(&a->lock, flags);
	if (&r->link == &a->ranges)
		panic("vfree: %lx was not allocated", (u64)p);
	/* Only the owner frees a range, so r stays while the lock is dropped. */
	unback(r->start, r->size);
	flags = spin_lock_irqsave(&a->lock);
	list_del(&r->link);
	spin_unlock_irqrestore(&a->lock, flags);
	kmem_cache_free(range_cache, r);
}

void *vmalloc(u64 size)
{
	return arena_alloc(&vmalloc_arena, size);
}

void vfree(void *p)
{
	arena_free(&vmalloc_arena, p);
}

void *module_alloc(u64 size)
{
	return arena_alloc(&module_arena, size);
}

void module_free(void *p)
{
	arena_free(&module_arena, p);
}
