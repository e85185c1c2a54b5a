/*
 * Slab allocator. A slab is one allocation of pages: objects from its start,
 * its descriptor at its end. Free objects are found by a bitmap, lowest first,
 * so that allocating and freeing leaves a slab exactly as it was; an object's
 * own bytes are zero whenever it is free.
 *
 * struct page.owner of every page of a slab points at the descriptor: that is
 * how kfree and kmem_cache_free find it.
 */
#include <kernel/slab.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/string.h>
#include <uapi/errno.h>

#define MAX_PER_SLAB 512
#define LARGE_ALLOCATION 2048

struct slab {
	struct kmem_cache *cache;
	struct list_head link;		/* in the cache's partial or full list */
	u32 used;
	u64 bitmap[MAX_PER_SLAB / 64];	/* bit set: the object is live */
};

static struct list_head cache_list = LIST_HEAD_INIT(cache_list);
static struct spinlock cache_list_lock = SPINLOCK("cache_list");
/* Caches and slabs of size-N are made on first use; this serialises that. */
static struct kmem_cache size_caches[8];
static const u32 sizes[8] = { 16, 32, 64, 128, 256, 512, 1024, 2048 };
static bool sizes_ready;

static u8 *slab_base(const struct slab *s)
{
	return (u8 *)s + sizeof(*s) - s->cache->slab_pages * PAGE_SIZE;
}

static void *slab_object(const struct slab *s, u32 index)
{
	return slab_base(s) + (u64)index * s->cache->stride;
}

static bool slab_has(const struct slab *s, u32 index)
{
	return s->bitmap[index / 64] >> (index % 64) & 1;
}

static void cache_init(struct kmem_cache *c, const char *name, u64 size, void (*ctor)(void *))
{
	memset(c, 0, sizeof(*c));
	strlcpy(c->name, name, sizeof(c->name));
	spin_init(&c->lock, c->name);
	c->object_size = size;
	c->stride = ALIGN_UP(MAX(size, 8), 16);
	c->slab_pages = 1;
	/* At least eight objects a slab, or what eight pages hold. */
	while (c->slab_pages < 8 && (c->slab_pages * PAGE_SIZE - sizeof(struct slab)) / c->stride < 8)
		c->slab_pages *= 2;
	c->per_slab = MIN((c->slab_pages * PAGE_SIZE - sizeof(struct slab)) / c->stride, MAX_PER_SLAB);
	BUG_ON(!c->per_slab);
	c->ctor = ctor;
	list_init(&c->partial);
	list_init(&c->full);
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_add_tail(&c->link, &cache_list);
	spin_unlock_irqrestore(&cache_list_lock, flags);
}

static void sizes_init(void)
{
	char name[32];
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "size-%u", sizes[i]);
		cache_init(&size_caches[i], name, sizes[i], NULL);
	}
	sizes_ready = true;
}

/* With the cache locked. NULL: no memory. */
static struct slab *slab_grow(struct kmem_cache *c)
{
	u8 *pages = pages_alloc(c->slab_pages);
	if (!pages)
		return NULL;
	struct slab *s = (struct slab *)(pages + c->slab_pages * PAGE_SIZE - sizeof(*s));
	s->cache = c;
	for (u64 i = 0; i < c->slab_pages; i++)
		phys_to_page(virt_to_phys(pages + i * PAGE_SIZE))->owner = s;
	list_add(&s->link, &c->partial);
	return s;
}

static void slab_release(struct slab *s)
{
	struct kmem_cache *c = s->cache;
	u8 *pages = slab_base(s);
	list_del(&s->link);
	for (u64 i = 0; i < c->slab_pages; i++)
		phys_to_page(virt_to_phys(pages + i * PAGE_SIZE))->owner = NULL;
	pages_free(pages);
}

static u32 slab_take(struct slab *s)
{
	u32 index = 0;
	while (s->bitmap[index / 64] == ~0UL)
		index += 64;
	index += __builtin_ctzl(~s->bitmap[index / 64]);
	s->bitmap[index / 64] |= 1UL << (index % 64);
	s->used++;
	return index;
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
	u64 flags = spin_lock_irqsave(&c->lock);
	struct slab *s = list_empty(&c->partial) ? slab_grow(c)
						 : list_first(&c->partial, struct slab, link);
	void *object = NULL;
	if (s) {
		object = slab_object(s, slab_take(s));
		c->live++;
		if (s->used == c->per_slab) {
			list_del(&s->link);
			list_add(&s->link, &c->full);
		}
		if (c->ctor)
			c->ctor(object);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return object;
}

/* The slab that holds a live object at p; panics where there is none. */
static struct slab *slab_of(const void *p, u32 *index)
{
	struct slab *s = phys_to_page(virt_to_phys(p))->owner;
	if (!s)
		panic("slab: %lx is in no slab", (u64)p);
	u64 offset = (const u8 *)p - slab_base(s);
	*index = offset / s->cache->stride;
	if (offset % s->cache->stride || *index >= s->cache->per_slab || !slab_has(s, *index))
		panic("slab: %lx is no live object of %s", (u64)p, s->cache->name);
	return s;
}

static void free_object(struct slab *s, u32 index)
{
	struct kmem_cache *c = s->cache;
	memset(slab_object(s, index), 0, c->stride);
	s->bitmap[index / 64] &= ~(1UL << (index % 64));
	c->live--;
	if (s->used-- == c->per_slab) {
		list_del(&s->link);
		list_add(&s->link, &c->partial);
	}
	if (!s->used)
		slab_release(s);
}

void kmem_cache_free(struct kmem_cache *c, void *object)
{
	u32 index;
	u64 flags = spin_lock_irqsave(&c->lock);
	struct slab *s = slab_of(object, &index);
	if (s->cache != c)
		panic("slab: %lx belongs to %s, not to %s", (u64)object, s->cache->name, c->name);
	free_object(s, index);
	spin_unlock_irqrestore(&c->lock, flags);
}

struct kmem_cache *kmem_cache_create(const char *name, u64 size, void (*ctor)(void *))
{
	struct kmem_cache *c = kmalloc(sizeof(*c));
	if (c)
		cache_init(c, name, size, ctor);
	return c;
}

int kmem_cache_destroy(struct kmem_cache *c)
{
	if (READ_ONCE(c->live))
		return -EBUSY;
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_del(&c->link);
	spin_unlock_irqrestore(&cache_list_lock, flags);
	kfree(c);
	return 0;
}

struct kmem_cache *kmem_cache_find(const char *name)
{
	struct kmem_cache *c, *found = NULL;
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_for_each(c, &cache_list, link)
		if (!found && !strcmp(c->name, name))
			found = c;
	spin_unlock_irqrestore(&cache_list_lock, flags);
	return found;
}

static bool visit_slabs(struct kmem_cache *c, struct list_head *slabs,
			bool (*visit)(void *, void *), void *arg)
{
	struct slab *s;
	list_for_each(s, slabs, link)
		for (u32 i = 0; i < c->per_slab; i++)
			if (slab_has(s, i) && !visit(slab_object(s, i), arg))
				return false;
	return true;
}

void kmem_cache_for_each(struct kmem_cache *c, bool (*visit)(void *object, void *arg), void *arg)
{
	u64 flags = spin_lock_irqsave(&c->lock);
	if (visit_slabs(c, &c->full, visit, arg))
		visit_slabs(c, &c->partial, visit, arg);
	spin_unlock_irqrestore(&c->lock, flags);
}

void kmem_cache_for_each_cache(bool (*visit)(struct kmem_cache *, void *arg), void *arg)
{
	struct kmem_cache *c;
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_for_each(c, &cache_list, link)
		if (!visit(c, arg))
			break;
	spin_unlock_irqrestore(&cache_list_lock, flags);
}

void *kmalloc(u64 size)
{
	/* The first call comes from the boot CPU before there are threads. */
	if (unlikely(!sizes_ready))
		sizes_init();
	if (!size)
		return NULL;
	if (size > LARGE_ALLOCATION)
		return pages_alloc(ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE);
	u32 i = 0;
	while (sizes[i] < size)
		i++;
	return kmem_cache_alloc(&size_caches[i]);
}

void kfree(void *p)
{
	if (!p)
		return;
	struct slab *s = phys_to_page(virt_to_phys(p))->owner;
	if (s)
		kmem_cache_free(s->cache, p);
	else
		pages_free(p);
}
