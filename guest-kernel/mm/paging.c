/*
 * Page tables. paging_init builds the kernel's: all RAM at DIRECT_MAP_BASE by
 * 2 MiB pages, the kernel image by 4 KiB pages with the rights of its
 * segments (W^X; everything but text is NX). The top-level entries of the
 * kernel half are made once and shared by all processes.
 *
 * Tables of vmalloc and module memory are freed when they become empty, so
 * that unloading a module leaves no trace.
 */
#include <kernel/init.h>
#include <kernel/io.h>
#include <kernel/ipi.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/paging.h>
#include <kernel/spinlock.h>
#include <kernel/vmm.h>
#include <uapi/errno.h>

#define ENTRIES 512
#define CR4_SMEP (1UL << 20)

u64 kernel_cr3;

static struct spinlock kernel_table_lock = SPINLOCK("kernel page tables");	/* irqsave */

static u32 index_at(u64 va, int level)
{
	return va >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

static u64 *table_of(u64 entry)
{
	return phys_to_virt(entry & PTE_ADDR);
}

static struct page *page_of(const void *p)
{
	return phys_to_page(virt_to_phys(p));
}

void table_entry_added(u64 *pte)
{
	page_of((void *)ALIGN_DOWN((u64)pte, PAGE_SIZE))->refs++;
}

u64 *paging_entry(u64 cr3, u64 va, bool create, u64 upper)
{
	u64 *table = phys_to_virt(cr3 & PTE_ADDR);
	for (int level = 3; level > 0; level--) {
		u64 *entry = &table[index_at(va, level)];
		if (!(*entry & PTE_P)) {
			void *page = create ? page_alloc() : NULL;
			if (!page) {
				/* Tables made on the way down stay out of the way of nobody. */
				if (create)
					table_entry_removed(cr3, va);
				return NULL;
			}
			*entry = virt_to_phys(page) | upper;
			if (level < 3)
				table_entry_added(entry);
		} else if (*entry & PTE_PS)
			return NULL;
		table = table_of(*entry);
	}
	return &table[index_at(va, 0)];
}

void table_entry_removed(u64 cr3, u64 va)
{
	u64 *tables[4] = { NULL, NULL, NULL, phys_to_virt(cr3 & PTE_ADDR) };
	int lowest = 3;
	for (int level = 3; level > 0; level--) {
		u64 entry = tables[level][index_at(va, level)];
		if (!(entry & PTE_P))
			break;
		lowest = level - 1;
		tables[lowest] = table_of(entry);
	}
	/* The entry in the lowest table is already cleared. */
	if (lowest == 0)
		page_of(tables[0])->refs--;
	for (int level = lowest; level < 2; level++) {
		if (page_of(tables[level])->refs > 1)
			return;
		tables[level + 1][index_at(va, level + 1)] = 0;
		page_free(tables[level]);
		page_of(tables[level + 1])->refs--;
	}
}

u64 *walk_pte(u64 cr3, u64 va)
{
	u64 *table = phys_to_virt(cr3 & PTE_ADDR);
	for (int level = 3; ; level--) {
		u64 *entry = &table[index_at(va, level)];
		if (!(*entry & PTE_P))
			return NULL;
		if (level == 0 || (*entry & PTE_PS))
			return entry;
		table = table_of(*entry);
	}
}

int kernel_map(u64 va, u64 phys, u64 prot)
{
	int result = 0;
	u64 flags = spin_lock_irqsave(&kernel_table_lock);
	u64 *pte = paging_entry(kernel_cr3, va, true, PROT_KERNEL_TABLE);
	if (!pte)
		result = -ENOMEM;
	else if (*pte)
		result = -EEXIST;
	else {
		*pte = phys | prot;
		table_entry_added(pte);
	}
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	return result;
}

/* The entries keep their addresses, and the tables stay: other CPUs may be walking them until the flush. */
void kernel_revoke(u64 va, u64 size)
{
	u64 flags = spin_lock_irqsave(&kernel_table_lock);
	for (u64 end = va + size; va < end; va += PAGE_SIZE) {
		u64 *pte = paging_entry(kernel_cr3, va, false, 0);
		if (!pte || !(*pte & PTE_P))
			continue;
		*pte &= ~PTE_P;
		invlpg(va);
	}
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	tlb_flush_others(~0u);
}

u64 kernel_unmap(u64 va)
{
	u64 phys = 0;
	u64 flags = spin_lock_irqsave(&kernel_table_lock);
	u64 *pte = paging_entry(kernel_cr3, va, false, 0);
	if (pte && *pte) {
		BUG_ON(*pte & PTE_P);
		phys = *pte & PTE_ADDR;
		*pte = 0;
		table_entry_removed(kernel_cr3, va);
	}
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	return phys;
}

int kernel_protect(u64 va, u64 size, u64 prot)
{
	int result = 0;
	u64 flags = spin_lock_irqsave(&kernel_table_lock);
	for (u64 end = va + size; va < end && !result; va += PAGE_SIZE) {
		u64 *pte = paging_entry(kernel_cr3, va, false, 0);
		if (!pte || !(*pte & PTE_P)) {
			result = -EINVAL;
			break;
		}
		*pte = (*pte & PTE_ADDR) | prot;
		invlpg(va);
	}
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	tlb_flush_others(~0u);
	return result;
}

static void map_image(char *start, char *end, u64 prot)
{
	for (u64 va = (u64)start; va < (u64)end; va += PAGE_SIZE)
		if (kernel_map(va, va - KERNEL_BASE, prot))
			panic("paging: no memory for the kernel's page tables");
}

static void *need_page(void)
{
	void *p = page_alloc();
	if (!p)
		panic("paging: no memory for page tables");
	return p;
}

static void map_ram(u64 *pml4)
{
	u64 bytes = page_total << PAGE_SHIFT;
	for (u64 phys = 0; phys < bytes; phys += LARGE_PAGE_SIZE) {
		u64 va = phys + DIRECT_MAP_BASE;
		u64 *table = pml4;
		for (int level = 3; level > 1; level--) {
			u64 *entry = &table[index_at(va, level)];
			if (!(*entry & PTE_P))
				*entry = virt_to_phys(need_page()) | PROT_KERNEL_TABLE;
			table = table_of(*entry);
		}
		table[index_at(va, 1)] = phys | PTE_PS | PROT_KERNEL_DATA;
	}
}

void paging_init_cpu(void)
{
	u32 a = 7, b, c = 0, d;
	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	u64 cr4;
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	if (b & (1 << 7))
		cr4 |= CR4_SMEP;
	asm volatile("mov %0, %%cr4" :: "r"(cr4));
}

void paging_init(void)
{
	extern char text_start[], text_end[], rodata_start[], rodata_end[];
	extern char data_start[], data_end[], kallsyms_start[], kernel_end[];
	u64 *pml4 = need_page();
	kernel_cr3 = virt_to_phys(pml4);
	pml4[index_at(VMALLOC_BASE, 3)] = virt_to_phys(need_page()) | PROT_KERNEL_TABLE;
	pml4[index_at(KERNEL_BASE, 3)] = virt_to_phys(need_page()) | PROT_KERNEL_TABLE;
	map_ram(pml4);
	map_image(text_start, text_end, PROT_KERNEL_TEXT);
	map_image(rodata_start, rodata_end, PROT_KERNEL_RO);
	map_image(data_start, data_end, PROT_KERNEL_DATA);
	map_image(kallsyms_start, kernel_end, PROT_KERNEL_RO);
	write_cr3(kernel_cr3);
	paging_init_cpu();
}
