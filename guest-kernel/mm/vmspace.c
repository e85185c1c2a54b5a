/*
 * Address spaces of processes. Regions say what may be there; pages come on
 * the first touch (zeroed) or, after a fork, on the first write (copied).
 * vm->lock guards regions and the user half of the tables.
 */
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/paging.h>
#include <kernel/percpu.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/trap.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

#define HALF 256		/* top-level entries of the user half */
#define UPPER (PTE_P | PTE_W | PTE_U)

static struct kmem_cache *space_cache, *region_cache;

void vmspace_init(void)
{
	space_cache = kmem_cache_create("vmspace", sizeof(struct vmspace), NULL);
	region_cache = kmem_cache_create("vm_region", sizeof(struct vm_region), NULL);
	if (!space_cache || !region_cache)
		panic("vmspace: no memory");
}

struct vmspace *vmspace_create(void)
{
	struct vmspace *vm = kmem_cache_alloc(space_cache);
	u64 *pml4 = vm ? page_alloc() : NULL;
	if (!pml4) {
		if (vm)
			kmem_cache_free(space_cache, vm);
		return NULL;
	}
	memcpy(pml4 + HALF, (u64 *)phys_to_virt(kernel_cr3) + HALF, HALF * 8);
	vm->cr3 = virt_to_phys(pml4);
	mutex_init(&vm->lock, "vmspace");
	list_init(&vm->regions);
	vm->mmap_next = USER_MMAP_BASE;
	return vm;
}

/* The bit in `active` covers all of the time in which this CPU may have entries of the space. Interrupts are off. */
void vmspace_activate(struct vmspace *vm)
{
	struct cpu *c = this_cpu();
	struct vmspace *old = c->vm;
	if (vm == old)
		return;
	if (vm)
		__atomic_or_fetch(&vm->active, 1u << c->id, __ATOMIC_SEQ_CST);
	write_cr3(vm ? vm->cr3 : kernel_cr3);
	c->vm = vm;
	if (old)
		__atomic_and_fetch(&old->active, ~(1u << c->id), __ATOMIC_SEQ_CST);
}

/* Entries of the space have lost rights or were taken away: no CPU may use the old ones any longer. */
static void flush(struct vmspace *vm)
{
	preempt_disable();
	u32 active = __atomic_load_n(&vm->active, __ATOMIC_SEQ_CST);
	if (this_cpu()->vm == vm)
		write_cr3(vm->cr3);
	tlb_flush_others(active);
	preempt_enable();
}

/* The same for one page. */
static void flush_page(struct vmspace *vm, u64 va)
{
	preempt_disable();
	invlpg(va);
	tlb_flush_others(__atomic_load_n(&vm->active, __ATOMIC_SEQ_CST));
	preempt_enable();
}

static void free_table(u64 *table, int level)
{
	for (int i = 0; i < (level == 3 ? HALF : 512); i++) {
		if (!(table[i] & PTE_P))
			continue;
		if (level == 0)
			page_put(table[i] & PTE_ADDR);
		else
			free_table(phys_to_virt(table[i] & PTE_ADDR), level - 1);
	}
	page_free(table);
}

void vmspace_destroy(struct vmspace *vm)
{
	struct vm_region *r, *next;
	BUG_ON(__atomic_load_n(&vm->active, __ATOMIC_SEQ_CST));
	list_for_each_safe(r, next, &vm->regions, link)
		kmem_cache_free(region_cache, r);
	free_table(phys_to_virt(vm->cr3), 3);
	kmem_cache_free(space_cache, vm);
}

static struct vm_region *find_region(struct vmspace *vm, u64 va)
{
	struct vm_region *r;
	list_for_each(r, &vm->regions, link)
		if (va >= r->start && va < r->end)
			return r;
	return NULL;
}

static int add_region(struct vmspace *vm, u64 start, u64 end, u64 prot)
{
	struct vm_region *next;
	if (start % PAGE_SIZE || end % PAGE_SIZE || start >= end || end > USER_END)
		return -EINVAL;
	list_for_each(next, &vm->regions, link)
		if (next->end > start)
			break;
	if (&next->link != &vm->regions && next->start < end)
		return -EEXIST;
	struct vm_region *r = kmem_cache_alloc(region_cache);
	if (!r)
		return -ENOMEM;
	r->start = start;
	r->end = end;
	r->prot = prot;
	list_add_tail(&r->link, &next->link);
	return 0;
}

int vmspace_add_region(struct vmspace *vm, u64 start, u64 end, u64 prot)
{
	mutex_lock(&vm->lock);
	int result = add_region(vm, start, end, prot);
	mutex_unlock(&vm->lock);
	return result;
}

/* The last page that va's lowest table is for: where a walk goes on that found none. */
static u64 last_of_table(u64 va)
{
	return ALIGN_DOWN(va, LARGE_PAGE_SIZE) + LARGE_PAGE_SIZE - PAGE_SIZE;
}

/* Calls act for each entry of the range that is not empty. */
static void for_each_entry(struct vmspace *vm, u64 start, u64 end, void (*act)(u64 *pte))
{
	for (u64 va = start; va < end; va += PAGE_SIZE) {
		u64 *pte = paging_entry(vm->cr3, va, false, 0);
		if (!pte)
			va = last_of_table(va);
		else if (*pte)
			act(pte);
	}
}

static void revoke(u64 *pte)
{
	*pte &= ~PTE_P;
}

static void give_back(u64 *pte)
{
	u64 phys = *pte & PTE_ADDR;
	*pte = 0;
	page_put(phys);
}

/* Two steps, as kernel_revoke and kernel_unmap are. */
static void drop_pages(struct vmspace *vm, u64 start, u64 end)
{
	for_each_entry(vm, start, end, revoke);
	flush(vm);
	for_each_entry(vm, start, end, give_back);
}

/* Takes [start, end) out of r, which overlaps it; may leave a piece on each side. */
static int carve(struct vmspace *vm, struct vm_region *r, u64 start, u64 end)
{
	if (r->start < start && r->end > end) {
		struct vm_region *rest = kmem_cache_alloc(region_cache);
		if (!rest)
			return -ENOMEM;
		rest->start = end;
		rest->end = r->end;
		rest->prot = r->prot;
		list_add(&rest->link, &r->link);
		r->end = start;
	} else if (r->start < start)
		r->end = start;
	else if (r->end > end)
		r->start = end;
	else {
		list_del(&r->link);
		kmem_cache_free(region_cache, r);
	}
	return 0;
}

int vmspace_remove_region(struct vmspace *vm, u64 start, u64 end)
{
	struct vm_region *r, *next;
	int result = 0;
	if (start % PAGE_SIZE || end % PAGE_SIZE || start >= end || end > USER_END)
		return -EINVAL;
	mutex_lock(&vm->lock);
	list_for_each_safe(r, next, &vm->regions, link) {
		u64 from = MAX(start, r->start), to = MIN(end, r->end);
		if (from >= to)
			continue;
		result = carve(vm, r, from, to);
		if (result)
			break;
		drop_pages(vm, from, to);
	}
	mutex_unlock(&vm->lock);
	return result;
}

/* Write access to a page that is shared copy-on-write. */
static int break_cow(struct vmspace *vm, u64 *pte, u64 va)
{
	u64 old = *pte & PTE_ADDR;
	u64 bits = (*pte & ~(PTE_ADDR | PTE_COW)) | PTE_W;
	if (READ_ONCE(phys_to_page(old)->refs) == 1) {
		*pte = old | bits;
		flush_page(vm, va);
		return 0;
	}
	void *copy = page_alloc();
	if (!copy)
		return -ENOMEM;
	memcpy(copy, phys_to_virt(old), PAGE_SIZE);
	*pte = virt_to_phys(copy) | bits;
	flush_page(vm, va);
	page_put(old);
	return 0;
}

/* Makes the page at va present, and private if it is to be written. */
static int make_present(struct vmspace *vm, struct vm_region *r, u64 va, bool write)
{
	u64 *pte = paging_entry(vm->cr3, va, true, UPPER);
	if (!pte)
		return -ENOMEM;
	if (!(*pte & PTE_P)) {
		void *page = page_alloc();
		if (!page)
			return -ENOMEM;
		*pte = virt_to_phys(page) | PTE_P | PTE_U | r->prot;
		return 0;
	}
	if (write && (*pte & PTE_COW))
		return break_cow(vm, pte, va);
	return 0;
}

int vmspace_fault(struct vmspace *vm, u64 va, u64 error)
{
	int result = -EFAULT;
	va = ALIGN_DOWN(va, PAGE_SIZE);
	mutex_lock(&vm->lock);
	struct vm_region *r = find_region(vm, va);
	if (r && (!(error & PF_WRITE) || (r->prot & PTE_W))
	    && (!(error & PF_FETCH) || !(r->prot & PTE_NX)))
		result = make_present(vm, r, va, error & PF_WRITE);
	mutex_unlock(&vm->lock);
	return result;
}

int vmspace_write(struct vmspace *vm, u64 va, const void *data, u64 size)
{
	int result = 0;
	mutex_lock(&vm->lock);
	while (size && !result) {
		u64 page = ALIGN_DOWN(va, PAGE_SIZE);
		u64 n = MIN(size, page + PAGE_SIZE - va);
		struct vm_region *r = find_region(vm, page);
		result = r ? make_present(vm, r, page, true) : -EFAULT;
		if (result)
			break;
		u64 phys = *paging_entry(vm->cr3, page, false, 0) & PTE_ADDR;
		memcpy((char *)phys_to_virt(phys) + (va - page), data, n);
		va += n;
		data = (const char *)data + n;
		size -= n;
	}
	mutex_unlock(&vm->lock);
	return result;
}

/* Lets the child have the parent's pages of one region; both must copy to write. */
static int share_pages(struct vmspace *parent, struct vmspace *child, struct vm_region *r)
{
	for (u64 va = r->start; va < r->end; va += PAGE_SIZE) {
		u64 *from = paging_entry(parent->cr3, va, false, 0);
		if (!from) {
			va = last_of_table(va);
			continue;
		}
		if (!(*from & PTE_P))
			continue;
		u64 *to = paging_entry(child->cr3, va, true, UPPER);
		if (!to)
			return -ENOMEM;
		if (*from & PTE_W)
			*from = (*from & ~PTE_W) | PTE_COW;
		page_get(*from & PTE_ADDR);
		*to = *from;
	}
	return 0;
}

struct vmspace *vmspace_fork(struct vmspace *parent)
{
	struct vmspace *child = vmspace_create();
	struct vm_region *r;
	int result = 0;
	if (!child)
		return NULL;
	mutex_lock(&parent->lock);
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->mmap_next = parent->mmap_next;
	list_for_each(r, &parent->regions, link) {
		result = add_region(child, r->start, r->end, r->prot);
		if (!result)
			result = share_pages(parent, child, r);
		if (result)
			break;
	}
	flush(parent);			/* what was writable no longer is */
	mutex_unlock(&parent->lock);
	if (result) {
		vmspace_destroy(child);
		return NULL;
	}
	return child;
}
