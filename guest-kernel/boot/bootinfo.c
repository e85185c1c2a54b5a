/*
 * Reads the PVH start information: command line, memory map, initramfs. All of
 * it is copied, since low memory is not kept. A structure that makes no sense
 * is refused with a message, not trusted.
 */
#include <kernel/bootinfo.h>
#include <kernel/cmdline.h>
#include <kernel/layout.h>
#include <kernel/oops.h>
#include <kernel/page.h>
#include <kernel/printk.h>

#define START_INFO_MAGIC 0x336ec578
#define MEMORY_RAM 1

struct start_info {
	u32 magic, version, flags, module_count;
	u64 modules, cmdline, rsdp, memmap;
	u32 memmap_count, reserved;
};

struct start_module {
	u64 address, size, cmdline, reserved;
};

struct start_memory {
	u64 address, size;
	u32 type, reserved;
};

struct boot_info boot_info;

/* The boot page tables reach the first GiB only. */
static void *early(u64 phys, u64 size)
{
	if (phys >= (1UL << 30) || size > (1UL << 30) - phys)
		panic("boot: information at %lx+%lx is out of reach", phys, size);
	return phys_to_virt(phys);
}

static void read_memory_map(const struct start_info *si)
{
	const struct start_memory *m = early(si->memmap, si->memmap_count * sizeof(*m));
	for (u32 i = 0; i < si->memmap_count; i++, m++) {
		if (m->type != MEMORY_RAM || boot_info.range_count == MAX_MEMORY_RANGES)
			continue;
		u64 start = ALIGN_UP(m->address, PAGE_SIZE);
		u64 end = ALIGN_DOWN(m->address + m->size, PAGE_SIZE);
		if (start <= TRAMPOLINE_PHYS && end >= TRAMPOLINE_PHYS + PAGE_SIZE)
			boot_info.trampoline_is_ram = true;
		if (start < KERNEL_PHYS)
			start = KERNEL_PHYS;
		if (end <= start || end < m->address)
			continue;
		struct memory_range *r = &boot_info.ranges[boot_info.range_count++];
		r->start = start;
		r->size = end - start;
	}
	if (boot_info.range_count == 0)
		panic("boot: the memory map has no RAM above 1 MiB");
}

void bootinfo_read(u64 start_info_phys)
{
	const struct start_info *si = early(start_info_phys, sizeof(*si));
	if (si->magic != START_INFO_MAGIC)
		panic("boot: no PVH start information at %lx", start_info_phys);
	if (si->version < 1 || si->memmap_count == 0 || si->memmap_count > 1024)
		panic("boot: start information version %u with %u memory ranges",
		      si->version, si->memmap_count);
	if (si->cmdline)
		cmdline_set(early(si->cmdline, 1));
	read_memory_map(si);
	boot_info.rsdp = si->rsdp;
	if (si->module_count) {
		const struct start_module *m = early(si->modules, sizeof(*m));
		boot_info.initramfs_phys = m->address;
		boot_info.initramfs_size = m->size;
	}
}

const void *initramfs_data(u64 *size)
{
	*size = boot_info.initramfs_size;
	return *size ? phys_to_virt(boot_info.initramfs_phys) : NULL;
}
