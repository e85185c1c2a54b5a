/*
 * Ranges of kernel addresses (kernel stacks, modules, large buffers) know which thread asked for them. Who waits for a
 * process looks for what it has left behind. Undoing says how much that was, and how many ranges there were in all.
 *
 * The only references to a range that outlive a critical section are the links of its arena's list. So they can be moved:
 * when the last thread has left the old code each new version takes the place of its old one in the list (moved), and the
 * old versions are freed; undoing the update puts old versions there again. New code keeps no pointer to a range outside of
 * the arena's lock, within which interrupts are off and no CPU can be parked, but looks it up by its address again.
 *
 * A range that is linked is either a handle, an old version that has a new one, or a new version itself: lucos_twin()
 * gives the new version of both.
 */
#include <kernel/list.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/thread_internal.h>
#include <kernel/vmm.h>
#include <kernel/wait.h>
#include <lucos_update.h>
#include <uapi/syscall.h>

LUCOS_UPDATE("vmalloc-owners", "1.0", "ranges of kernel addresses know who asked for them");

/* Both as in mm/vmalloc.c. */
struct range {
	struct list_head link;		/* sorted by start */
	u64 start, size;		/* without the guard pages */
};

struct arena {
	struct spinlock lock;		/* irqsave; outside slab and page locks */
	u64 base, size;
	struct list_head ranges;
};

LUCOS_STATIC_REF(struct kmem_cache *, range_cache, "vmalloc.c");
LUCOS_STATIC_REF(struct arena, vmalloc_arena, "vmalloc.c");
LUCOS_STATIC_REF(int(struct process *, int, int *, int *), try_reap, "process.c");

struct owned_range {
	struct list_head link;		/* in the list since references were moved here */
	u64 start, size;
	u64 owner;			/* thread; 0: asked for before the update */
};

static void to_new(const struct range *old, struct owned_range *new)
{
	new->start = old->start;
	new->size = old->size;
}

static void to_old(const struct owned_range *new, struct range *old)
{
	old->start = new->start;
	old->size = new->size;
}

/* Either way. One that is in no list has not been placed yet, or is a handle's new version. */
static void moved(struct list_head *from, struct list_head *to)
{
	if (!from->next || list_empty(from))
		return;
	list_add(to, from);
	list_del(from);
}

LUCOS_TYPE_CACHE(ranges, "vmalloc_range", struct range, struct owned_range, to_new, to_old,
	.shared_head = offsetof(struct range, start), .moved = LUCOS_ADDRESS(moved));
LUCOS_PRESERVES(ranges, struct range, start);
LUCOS_PRESERVES(ranges, struct range, size);

static u64 placed, given_back_by_another, left_behind;

/* Each arena has a lock of its own, so none of them guards these. */
static void count(u64 *what, u64 n)
{
	__atomic_add_fetch(what, n, __ATOMIC_RELAXED);
}

static struct owned_range *range_of(const struct list_head *link)
{
	return lucos_twin(struct owned_range, link);
}

/* What leads to a range that is not linked yet: its new version, once old ones are on their way out. */
static struct list_head *unlinked(struct list_head *handle)
{
	return lucos_retired(ranges) ? &range_of(handle)->link : handle;
}

static struct list_head *find(struct arena *a, u64 start)
{
	struct list_head *at = a->ranges.next;

	while (at != &a->ranges && range_of(at)->start != start)
		at = at->next;
	return at == &a->ranges ? NULL : at;
}

/* Puts a range into the first hole that has room for it and its guard pages: its start, or 0. */
static u64 place(struct arena *a, struct list_head *link, u64 size)
{
	u64 start = a->base + PAGE_SIZE;
	struct list_head *next = a->ranges.next;

	for (; next != &a->ranges; next = next->next) {
		const struct owned_range *n = range_of(next);

		if (n->start - PAGE_SIZE >= start + size)
			break;
		start = n->start + n->size + PAGE_SIZE;
	}
	if (start + size + PAGE_SIZE > a->base + a->size)
		return 0;
	range_of(link)->start = start;
	range_of(link)->owner = (u64)current->tid;
	list_add_tail(link, next);	/* before next, or last */
	count(&placed, 1);
	return start;
}

/* Takes the range at an address out of its list and frees it, both versions. */
static void take_out(struct arena *a, u64 start)
{
	u64 flags = spin_lock_irqsave(&a->lock);
	struct list_head *link = find(a, start);

	if (!link)
		panic("vfree: %lx was not allocated", start);
	if (range_of(link)->owner && range_of(link)->owner != (u64)current->tid)
		count(&given_back_by_another, 1);
	list_del(link);
	kmem_cache_free(slab_owner_cache(link), link);
	spin_unlock_irqrestore(&a->lock, flags);
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

static void *owned_alloc(struct arena *a, u64 size)
{
	struct range *r;
	u64 start, flags;

	size = ALIGN_UP(size, PAGE_SIZE);
	if (size == 0 || size >= a->size || size > page_free_count << PAGE_SHIFT)
		return NULL;
	r = kmem_cache_alloc(range_cache);
	if (!r)
		return NULL;
	flags = spin_lock_irqsave(&a->lock);
	range_of(&r->link)->size = size;
	start = place(a, unlinked(&r->link), size);
	if (!start)
		kmem_cache_free(range_cache, r);
	spin_unlock_irqrestore(&a->lock, flags);
	if (!start || back(start, size))
		return (void *)start;
	take_out(a, start);
	return NULL;
}

static void owned_free(struct arena *a, void *p)
{
	struct list_head *link;
	u64 flags, size;

	if (!p)
		return;
	flags = spin_lock_irqsave(&a->lock);
	link = find(a, (u64)p);
	if (!link)
		panic("vfree: %lx was not allocated", (u64)p);
	size = range_of(link)->size;
	spin_unlock_irqrestore(&a->lock, flags);
	/* Only the owner frees a range, so it stays while the lock is dropped; but its version may be another one behind it. */
	unback((u64)p, size);
	take_out(a, (u64)p);
}

static u64 ranges_of(struct arena *a, int tid)
{
	u64 flags = spin_lock_irqsave(&a->lock), found = 0;

	for (const struct list_head *at = a->ranges.next; at != &a->ranges; at = at->next)
		found += range_of(at)->owner == (u64)tid;
	spin_unlock_irqrestore(&a->lock, flags);
	return found;
}

static int watchful_wait(int pid, int *status, int options)
{
	struct process *self = current_process();
	int result = 0, interrupted = 0, tid = 0;

	if (options & WNOHANG)
		result = try_reap(self, pid, status, &tid);
	else
		interrupted = wait_event_interruptible(&self->child_exited, (result = try_reap(self, pid, status, &tid)) != 0);
	if (result > 0) {
		thread_join(tid);	/* as in process_wait; its stack is another thread's */
		count(&left_behind, ranges_of(&vmalloc_arena, tid));
	}
	return interrupted ? interrupted : result;
}

static void tell(void)
{
	printk("vmalloc-owners: %lu ranges placed, %lu given back by another thread, %lu left behind by processes\n", placed,
		given_back_by_another, left_behind);
}

LUCOS_REPLACE(arena_alloc, owned_alloc);
LUCOS_REPLACE(arena_free, owned_free);
LUCOS_REPLACE(process_wait, watchful_wait);
LUCOS_CLEANUP(tell);
