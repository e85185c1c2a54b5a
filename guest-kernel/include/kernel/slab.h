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

/*
 * Hears of a cache's objects as they come and go: with interrupts off and
 * outside of the cache's lock, so it may allocate from other caches but not
 * sleep. `born` has the object behind its ctor; at false the allocation fails.
 */
struct kmem_observer {
	bool (*born)(struct kmem_observer *o, void *object);
	void (*died)(struct kmem_observer *o, void *object);	/* before it is zeroed */
};

struct kmem_cache {
	struct spinlock lock;		/* irqsave; inside it only the page lock */
	char name[32];
	u64 object_size;		/* as asked for */
	u64 stride;			/* rounded up */
	u64 slab_pages;
	u32 per_slab;
	u64 live;			/* objects in use */
	void (*ctor)(void *object);	/* runs with interrupts off */
	struct kmem_observer *observer;	/* NULL: none */
	bool companions;		/* each slab has some: from an observer's coming until behind its going */
	struct list_head partial;	/* slabs with a free object */
	struct list_head full;
	struct list_head link;		/* in cache_list */
};

struct kmem_cache *kmem_cache_create(const char *name, u64 size, void (*ctor)(void *));
/* -EBUSY if objects are still live, or it is observed. */
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

/*
 * Makes o the one observer of the cache. Objects that are there already are
 * for the caller to find; while it keeps the other CPUs parked and the cache
 * is observed, each live object has been born and has not died. Sleeps.
 * -EBUSY: there is one; -ENOMEM.
 */
int kmem_observe(struct kmem_cache *cache, struct kmem_observer *o);
/* When it returns the observer is not called any more, and no object has a companion. Sleeps. */
void kmem_unobserve(struct kmem_cache *cache);
/*
 * Something of the observer's that goes with a live object of an observed
 * cache; it goes when the object does. Of any other address, or none set: NULL.
 * Constant time, takes no lock, from any context.
 */
void *kmem_companion(const void *object);
void kmem_set_companion(void *object, void *companion);

/* Any size up to 2 KiB from the size-N caches, larger ones by whole pages. */
void *kmalloc(u64 size);
void kfree(void *p);	/* NULL is allowed */

#endif
