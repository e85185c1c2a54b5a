/*
 * The page allocator: a bitmap (1 = in use), first fit.
 *
 * Its state is a function of the set of pages in use and nothing else: the
 * search starts at `first_open`, which is always exactly the first word with a
 * free page. So whoever frees all that he allocated leaves no trace, in
 * whatever order he does it.
 */
#include <kernel/bootinfo.h>
#include <kernel/init.h>
#include <kernel/lucos.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#define EARLY_LIMIT (1UL << 30)		/* what the boot page tables reach */

struct page *page_array;
u64 page_total, page_free_count;

static struct spinlock page_lock = SPINLOCK("pages");	/* irqsave; leaf */
static u64 *bitmap;
static u64 words, first_open;
static bool boot_ram_dirty;

static bool in_use(u64 pfn)
{
	return bitmap[pfn / 64] >> (pfn % 64) & 1;
}

static void mark(u64 pfn, u64 n, bool used)
{
	for (; n; n--, pfn++) {
		u64 bit = 1UL << (pfn % 64);
		BUG_ON(in_use(pfn) == used);
		bitmap[pfn / 64] ^= bit;
		page_free_count += used ? -1 : 1;
	}
}

/* First page of n free contiguous ones; page_total if there are none. */
static u64 find_run(u64 n)
{
	u64 run = 0;
	for (u64 pfn = first_open * 64; pfn < page_total; pfn++) {
		if (pfn % 64 == 0 && bitmap[pfn / 64] == ~0UL) {
			run = 0;
			pfn += 63;
			continue;
		}
		run = in_use(pfn) ? 0 : run + 1;
		if (run == n)
			return pfn + 1 - n;
	}
	return page_total;
}

void *pages_alloc(u64 n)
{
	if (n == 0 || n > page_total)
		return NULL;
	u64 flags = spin_lock_irqsave(&page_lock);
	u64 pfn = find_run(n);
	if (pfn == page_total) {
		spin_unlock_irqrestore(&page_lock, flags);
		return NULL;
	}
	mark(pfn, n, true);
	while (first_open < words && bitmap[first_open] == ~0UL)
		first_open++;
	page_array[pfn].count = n;
	page_array[pfn].refs = 1;
	spin_unlock_irqrestore(&page_lock, flags);
	void *p = phys_to_virt(pfn << PAGE_SHIFT);
	if (boot_ram_dirty)
		memset(p, 0, n << PAGE_SHIFT);
	return p;
}

void pages_free(void *pages)
{
	u64 pfn = virt_to_phys(pages) >> PAGE_SHIFT;
	BUG_ON((u64)pages % PAGE_SIZE || pfn >= page_total);
	struct page *page = &page_array[pfn];
	u64 n = page->count;
	BUG_ON(n == 0);
	memset(pages, 0, n << PAGE_SHIFT);
	u64 flags = spin_lock_irqsave(&page_lock);
	memset(page, 0, n * sizeof(*page));
	mark(pfn, n, false);
	first_open = MIN(first_open, pfn / 64);
	spin_unlock_irqrestore(&page_lock, flags);
}

void page_get(u64 phys)
{
	__atomic_add_fetch(&phys_to_page(phys)->refs, 1, __ATOMIC_RELAXED);
}

void page_put(u64 phys)
{
	if (__atomic_sub_fetch(&phys_to_page(phys)->refs, 1, __ATOMIC_ACQ_REL) == 0)
		page_free(phys_to_virt(phys));
}

static bool overlaps(u64 start, u64 size, u64 other, u64 other_size)
{
	return start < other + other_size && other < start + size;
}

static u64 kernel_end_phys(void)
{
	extern char kernel_end[];
	return ALIGN_UP((u64)kernel_end - KERNEL_BASE, PAGE_SIZE);
}

/* Memory for the allocator's own tables: the first hole large enough. */
static u64 find_early(u64 size)
{
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *r = &boot_info.ranges[i];
		u64 start = MAX(r->start, kernel_end_phys());
		if (overlaps(start, size, boot_info.initramfs_phys, boot_info.initramfs_size))
			start = ALIGN_UP(boot_info.initramfs_phys + boot_info.initramfs_size, PAGE_SIZE);
		if (start + size <= MIN(r->start + r->size, EARLY_LIMIT))
			return start;
	}
	panic("pages: no room for %lu bytes of page tables", size);
}

static void release(u64 start, u64 end, u64 tables, u64 tables_size)
{
	for (u64 phys = start; phys < end; phys += PAGE_SIZE) {
		if (overlaps(phys, PAGE_SIZE, KERNEL_PHYS, kernel_end_phys() - KERNEL_PHYS)
		    || overlaps(phys, PAGE_SIZE, tables, tables_size)
		    || overlaps(phys, PAGE_SIZE, boot_info.initramfs_phys, boot_info.initramfs_size))
			continue;
		mark(phys >> PAGE_SHIFT, 1, false);
	}
}

void page_init(void)
{
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *r = &boot_info.ranges[i];
		page_total = MAX(page_total, (r->start + r->size) >> PAGE_SHIFT);
	}
	if (boot_info.initramfs_size > (page_total << PAGE_SHIFT)
	    || boot_info.initramfs_phys > (page_total << PAGE_SHIFT) - boot_info.initramfs_size)
		panic("pages: the initramfs at %lx+%lx is outside of RAM",
		      boot_info.initramfs_phys, boot_info.initramfs_size);
	words = (page_total + 63) / 64;
	u64 size = ALIGN_UP(page_total * sizeof(struct page) + words * 8, PAGE_SIZE);
	u64 tables = find_early(size);
	page_array = phys_to_virt(tables);
	bitmap = (u64 *)(page_array + page_total);
	memset(page_array, 0, page_total * sizeof(struct page));
	memset(bitmap, 0xff, words * 8);
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *r = &boot_info.ranges[i];
		release(r->start, r->start + r->size, tables, size);
	}
	while (first_open < words && bitmap[first_open] == ~0UL)
		first_open++;
	/* Lucos starts with zeroed RAM; firmware elsewhere leaves things behind. */
	boot_ram_dirty = !lucos_present();
	printk("memory: %lu MiB, %lu pages free\n", page_total >> 8, page_free_count);
}
