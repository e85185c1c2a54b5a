/*
 * Slab allocator: one named cache per object type; the live objects of a
 * cache can be enumerated. Objects come zeroed, then pass through ctor; freed
 * objects are zeroed.
 */
#ifndef KERNEL_SLAB_H
#define KERNEL_SLAB_H

#include <kernel/types.h>
#include <kernel/list.h>
#include <kernel/spinlock.h>

struct kmem_cache {
	struct spinlock lock;		/* irqsave; inside it only the page lock */
	char name[32];
	u64 object_size;		/* as asked for */
	u64 stride;			/* rounded up */
	u64 slab_pages;
	u32 per_slab;
	u64 live;			/* objects in use */
	void (*ctor)(void *object);
	struct list_head partial;	/* slabs with a free object */
	struct list_head full;
	struct list_head link;		/* in cache_list */
};

struct kmem_cache *kmem_cache_create(const char *name, u64 size, void (*ctor)(void *));
/* -EBUSY if objects are still live. */
int kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache);
void kmem_cache_free(struct kmem_cache *cache, void *object);
struct kmem_cache *kmem_cache_find(const char *name);
/* Calls visit for every live object, with the cache locked; stops at false. */
void kmem_cache_for_each(struct kmem_cache *cache,
			 bool (*visit)(void *object, void *arg), void *arg);
/* The cache that an object belongs to; NULL: none. */
void *slab_owner_cache(const void *object);
/* Calls visit for every cache; stops at false. */
void kmem_cache_for_each_cache(bool (*visit)(struct kmem_cache *, void *arg), void *arg);

/* Any size up to 2 KiB from the size-N caches, larger ones by whole pages. */
void *kmalloc(u64 size);
void kfree(void *p);	/* NULL is allowed */

#endif
