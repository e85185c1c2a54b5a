/*
 * The slab allocator. A slab is a run of pages: this header, a bitmap of the
 * objects in use, the objects. The lowest free object of the lowest partial
 * slab is taken, the lists of slabs are sorted by address, and a slab that
 * becomes empty goes back to the page allocator at once: so the state depends
 * on what is in use only, and freeing what was allocated leaves nothing behind.
 *
 * While a cache is observed each of its slabs has an array of companions in
 * pages of its own. TRICKS.md says why nobody needs a lock to look at it.
 */
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <uapi/errno.h>

#define ALIGNMENT 16
#define MIN_PER_SLAB 4

struct slab {
	struct list_head link;		/* in cache->partial or cache->full */
	struct kmem_cache *cache;
	char *objects;
	void **companions;		/* by index; NULL while the cache is not observed */
	u32 used;
	u64 bitmap[];
};

static struct kmem_cache cache_cache;	/* the cache of caches */
static LIST(cache_list);
static struct spinlock cache_list_lock = SPINLOCK("slab caches");	/* outside cache locks */
static MUTEX(observer_lock, "slab observers");	/* serialises their coming and going */

static u64 header_size(u32 objects)
{
	return ALIGN_UP(sizeof(struct slab) + (objects + 63) / 64 * 8, ALIGNMENT);
}

static u32 fitting(u64 bytes, u64 stride)
{
	u32 n = bytes / stride;
	while (n && header_size(n) + n * stride > bytes)
		n--;
	return n;
}

static void cache_setup(struct kmem_cache *c, const char *name, u64 size, void (*ctor)(void *))
{
	spin_init(&c->lock, c->name);
	strlcpy(c->name, name, sizeof(c->name));
	c->object_size = size;
	c->stride = ALIGN_UP(size, ALIGNMENT);
	c->ctor = ctor;
	list_init(&c->partial);
	list_init(&c->full);
	c->slab_pages = 1;
	while ((c->per_slab = fitting(c->slab_pages * PAGE_SIZE, c->stride)) < MIN_PER_SLAB)
		c->slab_pages++;
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_add_tail(&c->link, &cache_list);
	spin_unlock_irqrestore(&cache_list_lock, flags);
}

void slab_init(void)
{
	cache_setup(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), NULL);
}

struct kmem_cache *kmem_cache_create(const char *name, u64 size, void (*ctor)(void *))
{
	if (size == 0 || size > 64 * PAGE_SIZE)
		return NULL;
	struct kmem_cache *c = kmem_cache_alloc(&cache_cache);
	if (c)
		cache_setup(c, name, size, ctor);
	return c;
}

int kmem_cache_destroy(struct kmem_cache *c)
{
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	if (c->live || c->companions) {
		spin_unlock_irqrestore(&cache_list_lock, flags);
		return -EBUSY;
	}
	list_del(&c->link);
	spin_unlock_irqrestore(&cache_list_lock, flags);
	kmem_cache_free(&cache_cache, c);
	return 0;
}

static void move_slab(struct slab *s, struct list_head *slabs)
{
	struct list_head *at = slabs->next;
	list_del(&s->link);
	while (at != slabs && list_entry(at, struct slab, link) < s)
		at = at->next;
	list_add_tail(&s->link, at);	/* in front of the next higher one */
}

static void **companions_create(const struct kmem_cache *c)
{
	return pages_alloc(ALIGN_UP(c->per_slab * sizeof(void *), PAGE_SIZE) / PAGE_SIZE);
}

static void companions_free(struct slab *s)
{
	if (s->companions)
		pages_free(s->companions);
	s->companions = NULL;
}

static struct slab *slab_create(struct kmem_cache *c)
{
	struct slab *s = pages_alloc(c->slab_pages);
	if (!s)
		return NULL;
	if (unlikely(c->companions) && !(s->companions = companions_create(c))) {
		pages_free(s);
		return NULL;
	}
	s->cache = c;
	s->objects = (char *)s + header_size(c->per_slab);
	for (u64 i = 0; i < c->slab_pages; i++)
		phys_to_page(virt_to_phys((char *)s + i * PAGE_SIZE))->owner = s;
	list_init(&s->link);
	move_slab(s, &c->partial);
	return s;
}

static u32 take_object(struct kmem_cache *c, struct slab *s)
{
	for (u32 i = 0; ; i++) {
		if (s->bitmap[i] == ~0UL)
			continue;
		u32 bit = __builtin_ctzl(~s->bitmap[i]);
		s->bitmap[i] |= 1UL << bit;
		if (++s->used == c->per_slab)
			move_slab(s, &c->full);
		return i * 64 + bit;
	}
}

/*
 * Between these two nobody sees the CPU parked, and a grace period ends only
 * behind the second: so an object is seen either before all that is done to
 * it there, or behind it.
 */
static u64 begin(void)
{
	u64 flags = irq_save();
	preempt_disable();
	return flags;
}

static void end(u64 flags)
{
	irq_restore(flags);
	preempt_enable();
}

static char *take(struct kmem_cache *c)
{
	char *object = NULL;
	spin_lock(&c->lock);
	struct slab *s = list_empty(&c->partial) ? slab_create(c)
		: list_first(&c->partial, struct slab, link);
	if (s) {
		object = s->objects + take_object(c, s) * c->stride;
		c->live++;
	}
	spin_unlock(&c->lock);
	return object;
}

static void give_back(struct kmem_cache *c, struct slab *s, u32 index)
{
	memset(s->objects + index * c->stride, 0, c->stride);
	spin_lock(&c->lock);
	s->bitmap[index / 64] &= ~(1UL << (index % 64));
	if (unlikely(s->companions))
		s->companions[index] = NULL;
	c->live--;
	if (s->used-- == c->per_slab)
		move_slab(s, &c->partial);
	if (s->used == 0) {
		list_del(&s->link);
		companions_free(s);
		pages_free(s);
	}
	spin_unlock(&c->lock);
}

static struct slab *slab_of(const void *object)
{
	u64 phys = virt_to_phys(object);
	if ((u64)object < DIRECT_MAP_BASE || phys >> PAGE_SHIFT >= page_total)
		return NULL;
	return phys_to_page(phys)->owner;
}

/* False: no object of the slab begins there, or it is not in use. */
static bool index_of(const struct slab *s, const void *object, u32 *index)
{
	u64 offset = (char *)object - s->objects;
	*index = offset / s->cache->stride;
	return (char *)object >= s->objects && *index < s->cache->per_slab && offset % s->cache->stride == 0
		&& (s->bitmap[*index / 64] >> (*index % 64) & 1);
}

/* False: the observer can't have it. */
static bool announce(struct kmem_cache *c, struct kmem_observer *o, void *object)
{
	u32 index;
	if (o->born(o, object))
		return true;
	struct slab *s = slab_of(object);
	index_of(s, object, &index);
	give_back(c, s, index);
	return false;
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
	u64 flags = begin();
	char *object = take(c);
	if (object && c->ctor)
		c->ctor(object);
	struct kmem_observer *o = READ_ONCE(c->observer);
	if (unlikely(o) && object && !announce(c, o, object))
		object = NULL;
	end(flags);
	return object;
}

void kmem_cache_free(struct kmem_cache *c, void *object)
{
	struct slab *s = slab_of(object);
	u32 index;
	if (!s || s->cache != c)
		panic("slab %s: %lx is none of its objects", c->name, (u64)object);
	if (!index_of(s, object, &index))
		panic("slab %s: %lx is not in use", c->name, (u64)object);
	u64 flags = begin();
	struct kmem_observer *o = READ_ONCE(c->observer);
	if (unlikely(o))
		o->died(o, object);
	give_back(c, s, index);
	end(flags);
}

static bool visit_slabs(struct kmem_cache *c, struct list_head *slabs,
			bool (*visit)(void *, void *), void *arg)
{
	struct slab *s;
	list_for_each(s, slabs, link)
		for (u32 i = 0; i < c->per_slab; i++)
			if ((s->bitmap[i / 64] >> (i % 64) & 1)
			    && !visit(s->objects + i * c->stride, arg))
				return false;
	return true;
}

void kmem_cache_for_each(struct kmem_cache *c, bool (*visit)(void *, void *), void *arg)
{
	u64 flags = spin_lock_irqsave(&c->lock);
	if (visit_slabs(c, &c->full, visit, arg))
		visit_slabs(c, &c->partial, visit, arg);
	spin_unlock_irqrestore(&c->lock, flags);
}

void kmem_cache_for_each_cache(bool (*visit)(struct kmem_cache *, void *), void *arg)
{
	struct kmem_cache *c;
	u64 flags = spin_lock_irqsave(&cache_list_lock);
	list_for_each(c, &cache_list, link)
		if (!visit(c, arg))
			break;
	spin_unlock_irqrestore(&cache_list_lock, flags);
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

static bool companions_for(struct kmem_cache *c, struct list_head *slabs)
{
	struct slab *s;
	list_for_each(s, slabs, link)
		if (!(s->companions = companions_create(c)))
			return false;
	return true;
}

static void companions_gone(struct list_head *slabs)
{
	struct slab *s;
	list_for_each(s, slabs, link)
		companions_free(s);
}

static int begin_observing(struct kmem_cache *c, struct kmem_observer *o)
{
	int result = 0;
	u64 flags = spin_lock_irqsave(&c->lock);
	if (companions_for(c, &c->full) && companions_for(c, &c->partial)) {
		c->companions = true;
		__atomic_store_n(&c->observer, o, __ATOMIC_RELEASE);
	} else {
		companions_gone(&c->full);
		companions_gone(&c->partial);
		result = -ENOMEM;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return result;
}

int kmem_observe(struct kmem_cache *c, struct kmem_observer *o)
{
	mutex_lock(&observer_lock);
	int result = c->companions ? -EBUSY : begin_observing(c, o);
	if (!result)
		synchronize_cpus();	/* who has not seen the observer is done */
	mutex_unlock(&observer_lock);
	return result;
}

static void forget_companions(struct kmem_cache *c)
{
	u64 flags = spin_lock_irqsave(&c->lock);
	companions_gone(&c->full);
	companions_gone(&c->partial);
	spin_unlock_irqrestore(&c->lock, flags);
}

void kmem_unobserve(struct kmem_cache *c)
{
	mutex_lock(&observer_lock);
	__atomic_store_n(&c->observer, NULL, __ATOMIC_SEQ_CST);
	synchronize_cpus();		/* who has seen it has called it, and found companions there */
	__atomic_store_n(&c->companions, false, __ATOMIC_SEQ_CST);
	synchronize_cpus();		/* who has seen an array looks at it no more */
	forget_companions(c);
	mutex_unlock(&observer_lock);
}

/* Preemption is off: so the array stays as long as it is looked at. */
static void **companion_slot(const void *object)
{
	struct slab *s = slab_of(object);
	u32 index;
	if (!s || !__atomic_load_n(&s->cache->companions, __ATOMIC_ACQUIRE) || !index_of(s, object, &index))
		return NULL;
	return READ_ONCE(s->companions) + index;
}

void *kmem_companion(const void *object)
{
	preempt_disable();
	void **slot = companion_slot(object);
	void *companion = slot ? READ_ONCE(*slot) : NULL;
	preempt_enable();
	return companion;
}

void kmem_set_companion(void *object, void *companion)
{
	preempt_disable();
	void **slot = companion_slot(object);
	BUG_ON(!slot);
	__atomic_store_n(slot, companion, __ATOMIC_RELEASE);
	preempt_enable();
}

void *slab_owner_cache(const void *object)
{
	struct slab *s = slab_of(object);
	return s ? s->cache : NULL;
}
